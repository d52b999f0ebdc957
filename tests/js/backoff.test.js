import assert from "node:assert/strict";
import test from "node:test";
import { Backoff } from "../../notifications/static/notifications/backoff.js";

const most = () => 1 - Number.EPSILON;

test("delays grow to twenty seconds", () => {
  const backoff = new Backoff(most);
  const delays = Array.from({ length: 9 }, () => Math.round(backoff.next()));
  assert.deepEqual(delays, [500, 1000, 2000, 4000, 8000, 16_000, 20_000, 20_000, 20_000]);
});

test("they never overflow", () => {
  const backoff = new Backoff(most);
  for (let tries = 0; tries < 3000; tries++) assert.ok(backoff.next() <= 20_000);
});

test("the jitter is full", () => {
  const backoff = new Backoff(() => 0);
  assert.deepEqual([backoff.next(), backoff.next()], [0, 0]);
});

test("after a reset they begin anew", () => {
  const backoff = new Backoff(most);
  backoff.next();
  backoff.next();
  backoff.reset();
  assert.equal(Math.round(backoff.next()), 500);
});
