import assert from "node:assert/strict";
import test from "node:test";
import { InboxState, byArrival } from "../../notifications/static/notifications/inbox-state.js";
import { EPOCH, notification } from "./support/harness.js";

/** @param {number} revision @param {Inbox.Notification[]} notifications @param {{more?: boolean, unread?: number, unseen?: number}} [options] */
function stateAt(revision, notifications, { more = false, unread, unseen } = {}) {
  const state = new InboxState();
  const counts = { unread: unread ?? notifications.length, unseen: unseen ?? notifications.length };
  state.applySnapshot({ type: "snapshot", epoch: EPOCH, revision, notifications, more, counts });
  return state;
}

/** @param {number} since @param {number} revision @param {Partial<Inbox.ChangesFrame>} [fields] @returns {Inbox.ChangesFrame} */
const changes = (since, revision, fields = {}) => /** @type {Inbox.ChangesFrame} */ ({
  type: "changes", since, revision, notifications: [], removed: [], counts: { unread: 7, unseen: 7 }, ...fields,
}); // prettier-ignore

test("the page's counts serve until the stream brings some", () => {
  const state = new InboxState();
  state.counts = { unread: 3, unseen: 1 };
  assert.deepEqual(state.viewCounts(), { unread: 3, unseen: 1 });
  state.applySnapshot({ type: "snapshot", epoch: EPOCH, revision: 0, notifications: [], more: false, counts: { unread: 0, unseen: 0 } });
  assert.deepEqual(state.viewCounts(), { unread: 0, unseen: 0 });
});

test("changes continue the state, repeat it or leave a gap", () => {
  const state = stateAt(5, []);
  assert.equal(state.applyChanges(changes(3, 5)), "duplicate");
  assert.equal(state.applyChanges(changes(6, 7)), "gap");
  assert.equal(state.revision, 5);
  assert.equal(state.applyChanges(changes(3, 6, { notifications: [notification(6)] })), "applied");
  assert.equal(state.revision, 6);
  assert.deepEqual(state.counts, { unread: 7, unseen: 7 });
});

test("a part moves the revision, and the last one brings the counts", () => {
  const state = stateAt(5, []);
  state.applyChanges(changes(5, 6, { notifications: [notification(6)], partial: true, counts: undefined }));
  assert.deepEqual([state.revision, state.counts.unread], [6, 0]);
  state.applyChanges(changes(6, 7, { notifications: [notification(7)] }));
  assert.deepEqual([state.revision, state.counts.unread, state.notifications.size], [7, 7, 2]);
});

test("of two copies the higher revision wins", () => {
  const state = stateAt(9, [notification(3, { revision: 9, title: "late" })]);
  state.applyChanges(changes(9, 10, { notifications: [notification(3, { revision: 8, title: "early" })] }));
  assert.equal(state.notifications.get("3").title, "late");
});

test("removed is final, until another epoch begins", () => {
  const state = stateAt(5, [notification(3)]);
  state.applyChanges(changes(5, 6, { removed: ["3", "unknown"] }));
  state.applyChanges(changes(6, 7, { notifications: [notification(3, { revision: 7 })] }));
  assert.equal(state.notifications.size, 0);
  state.applySnapshot({ type: "snapshot", epoch: "other", revision: 1, notifications: [], more: false, counts: { unread: 0, unseen: 0 } });
  state.applyChanges(changes(1, 2, { notifications: [notification(3, { revision: 2 })] }));
  assert.ok(state.notifications.has("3"));
});

test("what is older than the oldest is not held, unless all are", () => {
  const old = notification(1, { revision: 9 });
  const partly = stateAt(8, [notification(8), notification(7)], { more: true });
  partly.applyChanges(changes(8, 9, { notifications: [old] }));
  assert.ok(!partly.notifications.has("1"));
  const wholly = stateAt(8, [notification(8), notification(7)]);
  wholly.applyChanges(changes(8, 9, { notifications: [old] }));
  assert.ok(wholly.notifications.has("1"));
});

test("a tab that lives long does not grow", () => {
  const state = stateAt(0, []);
  for (let revision = 1; revision <= 3000; revision++) {
    state.applyChanges(changes(revision - 1, revision, { notifications: [notification(revision)] }));
  }
  assert.ok(state.notifications.size <= 400);
  assert.equal(state.latest(1)[0].id, "3000");
});

test("ids of digits are ordered as the server does", () => {
  const tied = ["9", "10", "100"].map((id) => notification(1, { id }));
  assert.deepEqual(tied.sort(byArrival).map(({ id }) => id), ["100", "10", "9"]);
});

test("the latest are listed ones, newest first", () => {
  const away = { archived_at: "2026-11-24T09:00:00.000Z" };
  const later = { snoozed_until: "2026-11-24T09:00:00.000Z" };
  const state = stateAt(4, [notification(5, later), notification(4), notification(3, away), notification(2), notification(1, { arrived_revision: 9 })]);
  assert.deepEqual(state.latest(2).map(({ id }) => id), ["1", "4"]);
});
