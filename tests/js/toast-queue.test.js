import assert from "node:assert/strict";
import test from "node:test";
import { ToastQueue } from "../../notifications/static/notifications/toast-queue.js";
import { FakeClock } from "./support/fake-clock.js";
import { notification } from "./support/harness.js";

function queue() {
  const clock = new FakeClock();
  let changes = 0;
  const it = new ToastQueue({ clock, changed: () => (changes += 1) });
  const ids = () => it.shown.map(({ notifications }) => notifications.map(({ id }) => id).join("+"));
  return { it, clock, ids, changes: () => changes };
}

test("a toast stays eight seconds", async () => {
  const { it, clock, ids } = queue();
  it.add(notification(1));
  await clock.advance(7_999);
  assert.deepEqual(ids(), ["1"]);
  await clock.advance(1);
  assert.deepEqual(ids(), []);
});

test("a critical one stays until it is dismissed", async () => {
  const { it, clock, ids } = queue();
  it.add(notification(1, { level: "critical" }));
  await clock.advance(3_600_000);
  assert.deepEqual(ids(), ["1"]);
  it.dismiss(it.shown[0]);
  assert.deepEqual(ids(), []);
});

test("time stands still while somebody reads", async () => {
  const { it, clock, ids } = queue();
  it.add(notification(1));
  await clock.advance(5_000);
  it.setPaused(true);
  await clock.advance(60_000);
  it.add(notification(2));
  assert.deepEqual(ids(), ["1", "2"]);
  it.setPaused(false);
  await clock.advance(2_999);
  assert.deepEqual(ids(), ["1", "2"]);
  await clock.advance(1);
  assert.deepEqual(ids(), ["2"]);
});

test("three are shown, and time runs for the others once they are", async () => {
  const { it, clock, ids } = queue();
  for (let id = 1; id <= 5; id++) {
    it.add(notification(id));
    await clock.advance(1_500);
  }
  assert.deepEqual([ids(), it.moreCount], [["1", "2", "3"], 2]);
  await clock.advance(3_499);
  assert.deepEqual(ids(), ["3", "4", "5"]);
  await clock.advance(6_000);
  assert.deepEqual(ids(), ["5"]);
});

test("on a narrow screen there is one", () => {
  const { it, ids } = queue();
  it.limit = 1;
  it.add(notification(1));
  it.add(notification(2));
  assert.deepEqual([ids(), it.moreCount], [["1"], 1]);
});

test("more than three in two seconds are one, and it counts on", async () => {
  const { it, clock, ids } = queue();
  for (let id = 1; id <= 4; id++) it.add(notification(id));
  assert.deepEqual(ids(), ["1+2+3+4"]);
  await clock.advance(5_000);
  it.add(notification(5));
  assert.deepEqual(ids(), ["1+2+3+4+5"]);
  await clock.advance(7_999);
  assert.equal(it.shown.length, 1);
  await clock.advance(1);
  assert.equal(it.shown.length, 0);
  it.add(notification(6));
  assert.deepEqual(ids(), ["6"]);
});

test("a burst leaves critical ones and earlier toasts alone", async () => {
  const { it, clock, ids } = queue();
  it.add(notification(1));
  await clock.advance(2_500);
  it.add(notification(2, { level: "critical" }));
  for (let id = 3; id <= 6; id++) it.add(notification(id));
  assert.deepEqual(ids(), ["2", "1", "3+4+5+6"]);
});

test("a burst of two hundred is one toast", () => {
  const { it } = queue();
  for (let id = 1; id <= 200; id++) it.add(notification(id));
  assert.deepEqual(it.shown.map(({ notifications }) => notifications.length), [200]);
});

test("what was read elsewhere goes, errors do not", () => {
  const { it, ids } = queue();
  it.add(notification(1));
  it.addAll([notification(2), notification(3)]);
  it.addError("Couldn't archive");
  it.dropTold(({ id }) => id === "3");
  assert.deepEqual(ids(), ["", "2+3"]);
  it.dropTold(() => false);
  assert.deepEqual(it.shown.map(({ text }) => text), ["Couldn't archive"]);
});

test("what cannot wait comes before what can, and takes no time from it", async () => {
  const { it, clock, ids } = queue();
  it.limit = 1;
  it.add(notification(1, { level: "success" }));
  await clock.advance(5_000);
  it.add(notification(2, { level: "critical" }));
  assert.deepEqual(ids(), ["2"]);
  await clock.advance(7_000);
  it.addError("Couldn't archive");
  assert.deepEqual(ids(), ["2"]);
  it.dismiss(it.shown[0]);
  assert.equal(it.shown[0].text, "Couldn't archive");
  it.dismiss(it.shown[0]);
  assert.deepEqual(ids(), ["1"]);
  await clock.advance(2_999);
  assert.deepEqual(ids(), ["1"]);
  await clock.advance(1);
  assert.deepEqual(ids(), []);
});

test("one that waited as long as it would have been shown is counted, and comes no more", async () => {
  const { it, clock, ids } = queue();
  it.limit = 1;
  it.add(notification(1, { level: "critical" }));
  it.add(notification(2));
  await clock.advance(4_000);
  it.addAll([notification(3), notification(4)]);
  it.addError("Couldn't archive");
  await clock.advance(60_000);
  assert.deepEqual([ids(), it.moreCount], [["1"], 4]);
  // What was read elsewhere is nothing to go to.
  it.dropTold(({ id }) => id !== "2");
  assert.equal(it.moreCount, 3);
  it.dismiss(it.shown[0]);
  // An error waits: it is told once, and by nothing else.
  assert.deepEqual(it.shown.map(({ text }) => text), ["Couldn't archive"]);
  assert.equal(it.moreCount, 2);
  it.dismiss(it.shown[0]);
  assert.deepEqual([ids(), it.moreCount], [[], 0]);
});

test("nobody looks, nothing grows old", async () => {
  const { it, clock } = queue();
  it.limit = 1;
  it.add(notification(1));
  it.add(notification(2));
  it.setPaused(true);
  await clock.advance(60_000);
  it.setPaused(false);
  assert.deepEqual([it.shown.length, it.moreCount], [1, 1]);
});

test("a summary that grows is the same one, and tells of all", () => {
  const { it } = queue();
  for (let id = 1; id <= 4; id += 1) it.add(notification(id));
  const [{ key }] = it.shown;
  for (let id = 5; id <= 60; id += 1) it.add(notification(id));
  assert.equal(it.shown.length, 1);
  assert.equal(it.shown[0].key, key);
  assert.equal(it.shown[0].notifications.length, 60);
  it.add(notification(61, { level: "critical" }));
  assert.notEqual(it.shown[0].key, key);
});
