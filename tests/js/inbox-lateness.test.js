/** What a page says of how old it may be. */
import assert from "node:assert/strict";
import test from "node:test";
import { Lateness } from "../../notifications/static/notifications/inbox-lateness.js";
import { TEXT } from "../../notifications/static/notifications/words.js";
import { FakeClock } from "./support/fake-clock.js";

const AT_MS = new Date(2026, 0, 2, 9, 20).getTime();

function lateness(state = "live") {
  const clock = new FakeClock();
  const client = Object.assign(new EventTarget(), { state, clock, now: () => AT_MS + clock.now() });
  const said = [];
  const it = new Lateness(/** @type {any} */ (client), () => said.push(it.text));
  const become = (next) => {
    client.state = next;
    client.dispatchEvent(new Event("state"));
  };
  return { it, clock, become, said };
}

test("it says that it reconnects after five seconds, and until it is live", async () => {
  const { it, clock, become, said } = lateness();
  become("waiting");
  await clock.advance(4_999);
  assert.equal(it.text, "");
  await clock.advance(1);
  assert.equal(it.text, TEXT.late);
  become("live");
  assert.deepEqual(said, [TEXT.late, ""]);
});

test("tries that fail neither hide it nor begin the five seconds anew", async () => {
  const { clock, become, said } = lateness();
  for (let tries = 0; tries < 20; tries++) {
    become("waiting");
    await clock.advance(1_500);
    become("connecting");
    await clock.advance(1_500);
  }
  assert.deepEqual(said, [TEXT.late]);
});

test("offline it says so at once, and since when", async () => {
  const { it, clock, become, said } = lateness();
  await clock.advance(60_000);
  become("offline");
  assert.equal(it.text, "You're offline. Showing what we had at 09:21.");
  await clock.advance(10 * 60_000);
  become("waiting");
  become("offline");
  become("live");
  const offline = "You're offline. Showing what we had at 09:21.";
  assert.deepEqual(said, [offline, TEXT.late, offline, ""]);
});

test("a page that was never live is late too", async () => {
  const { it, clock } = lateness("connecting");
  await clock.advance(5_000);
  assert.equal(it.text, TEXT.late);
});

test("stopped, somebody else says why", async () => {
  const { it, clock, become } = lateness();
  become("waiting");
  become("stopped");
  await clock.advance(60_000);
  assert.equal(it.text, "");
});
