import assert from "node:assert/strict";
import test from "node:test";
import { earliestSnooze, snoozeUntil } from "../../notifications/static/notifications/snoozing.js";
import { mute, mutesOf } from "../../notifications/static/notifications/muting.js";
import { act, markAllRead } from "../../notifications/static/notifications/undoing.js";
import { notification } from "./support/harness.js";

const MINUTE = 60_000;
const NOW = new Date(2026, 10, 25, 14, 30).getTime(); // a Wednesday
const AT = "2026-11-24T09:00:00.000Z";

/** A client that notes its acts, and a bar that keeps the offer. @param {Inbox.Notification[]} [held] */
function setUp(held = [], isDone = true) {
  const done = [];
  /** @type {any} */
  const bar = { undo: null, offer: (_, undo) => (bar.undo = undo), hide: (offered) => void (offered === bar.undo && (bar.undo = null)) };
  /** @type {any} */
  const client = {
    inbox: { notifications: new Map(held.map((one) => [one.id, one])), view: (one) => one },
    now: () => NOW,
    act: async (op, ids, options = {}) => done.push([op, ids, options]) > 0 && isDone,
  };
  return { client, bar, done };
}

/** What takes this act back. @param {Inbox.RowOp} op @param {Partial<Inbox.Notification>} before */
async function takenBack(op, before) {
  const { client, bar, done } = setUp();
  await act(client, bar, op, notification(3, before), undefined);
  done.length = 0;
  await bar.undo();
  return done;
}

test("each act is taken back by its opposite", async () => {
  const opposites = { read: "unread", unread: "read", archive: "restore", snooze: "restore", save: "unsave", unsave: "save" };
  for (const [op, opposite] of Object.entries(opposites)) {
    assert.deepEqual(await takenBack(/** @type {Inbox.RowOp} */ (op), {}), [[opposite, ["3"], {}]], op);
  }
  assert.deepEqual(await takenBack("restore", { archived_at: AT }), [["archive", ["3"], {}]]);
});

test("what was snoozed is snoozed again, not sooner than that is possible", async () => {
  const until = new Date(NOW + 60 * MINUTE).toISOString();
  const again = ["snooze", ["3"], { until }];
  for (const op of /** @type {const} */ (["restore", "snooze"])) assert.deepEqual(await takenBack(op, { snoozed_until: until }), [again]);
  assert.deepEqual(await takenBack("archive", { snoozed_until: until }), [["restore", ["3"], {}], again]);
  const [[, , { until: late }]] = await takenBack("restore", { snoozed_until: new Date(NOW).toISOString() });
  assert.ok(Date.parse(late) >= NOW + 3 * MINUTE);
});

test("marking all read is taken back by its name, and shown at those that were unread", async () => {
  const { client, bar, done } = setUp([notification(1), notification(2, { read_at: AT, seen_at: AT })]);
  await markAllRead(client, bar);
  const [[op, ids, { op_id }]] = done;
  assert.deepEqual([op, ids], ["read", null]);
  await bar.undo();
  assert.deepEqual(done[1], ["unread", ["1"], { undoes: op_id }]);
});

test("what failed is not offered to be taken back, but a later act is", async () => {
  const { client, bar } = setUp([], false);
  await act(client, bar, "read", notification(3), undefined);
  assert.equal(bar.undo, null);
  const failing = act(client, bar, "read", notification(3), undefined);
  const later = () => {};
  bar.offer("", later);
  await failing;
  assert.equal(bar.undo, later);
});

test("a snooze ends by the reader's own clock", () => {
  const local = (op, now = NOW) => new Date(snoozeUntil(op, "", now)).toString().slice(0, 21);
  assert.equal(local("snooze-hour"), "Wed Nov 25 2026 15:30");
  assert.equal(local("snooze-tomorrow"), "Thu Nov 26 2026 09:00");
  assert.equal(local("snooze-monday"), "Mon Nov 30 2026 09:00");
  assert.equal(local("snooze-monday", new Date(2026, 10, 30, 8).getTime()), "Mon Dec 07 2026 09:00");
  assert.equal(local("snooze-monday", new Date(2026, 10, 29, 8).getTime()), "Mon Nov 30 2026 09:00");
});

test("what was typed must be 3 minutes to a year ahead", () => {
  assert.equal(snoozeUntil("snooze", "2026-12-01T10:00", NOW), new Date(2026, 11, 1, 10).toISOString());
  for (const typed of ["", "soon", "2026-11-25T14:32", "2020-01-01T00:00", "2028-01-01T00:00"]) {
    assert.equal(snoozeUntil("snooze", typed, NOW), null, typed);
  }
  assert.equal(earliestSnooze("2027-01-01T00:00:00.000Z", NOW), "2027-01-01T00:00:00.000Z");
});

test("what there is of a notification can be muted, and that is taken back", async () => {
  const { client, bar, done } = setUp();
  client.acts = async () => ({ mute: async ({ kind, value }, isMuted) => done.push([kind, value, isMuted]) > 0 });
  const mutes = mutesOf(notification(1, { thread: "a", sender: "Robot", category: "general" }), {});
  assert.deepEqual(mutes.map(({ label }) => label), ["Mute this thread", "Mute Robot", "Mute category General"]);
  assert.deepEqual(mutesOf(notification(1, { sender: null, category: "news" }), { news: "Nieuws" }).map(({ label }) => label), ["Mute category Nieuws"]);
  await mute(client, bar, mutes[1]);
  await bar.undo();
  assert.deepEqual(done, [["sender", "Robot", true], ["sender", "Robot", false]]);
});

test("a mute that failed is not offered to be taken back", async () => {
  const { client, bar } = setUp();
  client.acts = async () => ({ mute: async () => false });
  await mute(client, bar, mutesOf(notification(1, { sender: "Robot" }), {})[0]);
  assert.equal(bar.undo, null);
});
