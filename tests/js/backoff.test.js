import assert from "node:assert/strict";
import test from "node:test";
import { Backoff } from "../../notifications/static/notifications/backoff.js";
import { FakeClock } from "./support/fake-clock.js";

const most = () => 1 - Number.EPSILON;

function backoff(random = most) {
  const clock = new FakeClock();
  const tries = [];
  const it = new Backoff({ clock, random }, () => tries.push(clock.now()));
  const delay = (bye) => {
    it.after(bye);
    return Math.round(it.at - clock.now());
  };
  return { it, clock, tries, delay };
}

test("delays grow to twenty seconds", () => {
  const { delay } = backoff();
  const delays = Array.from({ length: 9 }, () => delay());
  assert.deepEqual(delays, [500, 1000, 2000, 4000, 8000, 16_000, 20_000, 20_000, 20_000]);
});

test("they never overflow", () => {
  const { delay } = backoff();
  for (let tries = 0; tries < 3000; tries++) assert.ok(delay() <= 20_000);
});

test("the jitter is full", () => {
  const { delay } = backoff(() => 0);
  assert.deepEqual([delay(), delay()], [0, 0]);
});

test("after a reset they begin anew", () => {
  const { it, delay } = backoff();
  delay();
  delay();
  it.reset();
  assert.equal(delay(), 500);
});

test("what the server asks for is obeyed, and waking up does not shorten it", async () => {
  const { it, clock, tries, delay } = backoff(() => 0);
  assert.equal(delay({ after_ms: 7_000 }), 7_000);
  it.soon();
  await clock.advance(6_999);
  assert.deepEqual(tries, []);
  await clock.advance(1);
  assert.deepEqual(tries, [7_000]);
});

test("only what lasts ten seconds is a success", async () => {
  const { it, clock, delay } = backoff();
  delay();
  it.steady();
  await clock.advance(9_999);
  it.unsteady();
  assert.equal(delay(), 1000);
  it.steady();
  await clock.advance(10_000);
  assert.equal(delay(), 500);
});
