import assert from "node:assert/strict";
import test from "node:test";
import { InboxState } from "../../notifications/static/notifications/inbox-state.js";
import { Overlays } from "../../notifications/static/notifications/overlays.js";
import { EPOCH, notification } from "./support/harness.js";

const READ = { read_at: "2026-11-24T09:00:00.000Z", seen_at: "2026-11-24T09:00:00.000Z" };
let ids = 0;

/** @param {number} revision @param {Inbox.Notification[]} notifications @param {{more?: boolean, unread?: number, unseen?: number}} [options] */
function stateAt(revision, notifications, { more = false, unread, unseen } = {}) {
  const state = new InboxState();
  state.overlays = new Overlays(state);
  const counts = { unread: unread ?? notifications.length, unseen: unseen ?? notifications.length };
  state.applySnapshot({ type: "snapshot", epoch: EPOCH, revision, notifications, more, counts });
  return state;
}

/** @param {number} since @param {number} revision @param {Partial<Inbox.ChangesFrame>} [fields] @returns {Inbox.ChangesFrame} */
const changes = (since, revision, fields = {}) => /** @type {Inbox.ChangesFrame} */ ({
  type: "changes", since, revision, notifications: [], removed: [], counts: { unread: 7, unseen: 7 }, ...fields,
}); // prettier-ignore

/** The id of the new overlay. */
function lay(state, op, chosen, upto) {
  const op_id = String(ids++);
  state.overlays.lay({ op_id, op, ids: chosen, upto, at: new Date().toISOString(), revision: null });
  return op_id;
}


/** op, before, its counts, counts after. @type {[Inbox.Op, Partial<Inbox.Notification>, number[], number[]][]} */
const ACTS = [
  ["seen", {}, [1, 1], [1, 0]],
  ["read", {}, [1, 1], [0, 0]],
  ["read", { seen_at: READ.seen_at }, [1, 0], [0, 0]],
  ["unread", READ, [0, 0], [1, 0]],
  ["archive", {}, [1, 1], [0, 0]],
  ["archive", READ, [0, 0], [0, 0]],
  ["restore", { archived_at: READ.read_at }, [0, 0], [1, 1]],
  ["restore", { archived_at: READ.read_at, ...READ }, [0, 0], [0, 0]],
  ["read", { archived_at: READ.read_at }, [0, 0], [0, 0]],
  ["snooze", {}, [1, 1], [0, 0]],
  ["snooze", { archived_at: READ.read_at }, [0, 0], [0, 0]],
  ["restore", { snoozed_until: READ.read_at }, [0, 0], [1, 1]],
  ["read", { snoozed_until: READ.read_at }, [0, 0], [0, 0]],
  ["save", {}, [1, 1], [1, 1]],
]; // prettier-ignore

test("an act moves the counts as the protocol's table says", () => {
  for (const [op, before, [unread, unseen], after] of ACTS) {
    const state = stateAt(5, [notification(3, before)], { unread: unread + 10, unseen: unseen + 10 });
    lay(state, op, ["3"], 5);
    assert.deepEqual(state.viewCounts(), { unread: after[0] + 10, unseen: after[1] + 10 }, op);
  }
});

test("read and seen keep the moment that was there", () => {
  const state = stateAt(5, [notification(3, READ)]);
  lay(state, "read", ["3"], 5);
  assert.equal(state.view(state.notifications.get("3")).read_at, READ.read_at);
});

test("an act on all takes those along that are not held, but none that arrives later", () => {
  const state = stateAt(5, [notification(5), notification(4)], { more: true, unread: 60, unseen: 20 });
  lay(state, "read", null, 5);
  assert.deepEqual(state.viewCounts(), { unread: 0, unseen: 0 });
  state.applyChanges(changes(5, 6, { notifications: [notification(6)], counts: { unread: 61, unseen: 21 } }));
  assert.deepEqual(state.viewCounts(), { unread: 1, unseen: 1 });
});

test("an overlay ends when the stream has brought its change", () => {
  const state = stateAt(5, [notification(3)]);
  const overlay = lay(state, "read", ["3"], 5);
  state.overlays.confirm(overlay, 7);
  assert.equal(state.viewCounts().unread, 0);
  state.applyChanges(changes(5, 6));
  assert.equal(state.overlays.size, 1);
  state.applyChanges(changes(6, 7, { notifications: [notification(3, { ...READ, revision: 7 })], counts: { unread: 0, unseen: 0 } }));
  assert.equal(state.overlays.size, 0);
  assert.equal(state.viewCounts().unread, 0);
});

test("so it does where the stream was faster than the answer", () => {
  const state = stateAt(5, [notification(3)]);
  const overlay = lay(state, "read", ["3"], 5);
  state.applyChanges(changes(5, 6, { notifications: [notification(3, { ...READ, revision: 6 })] }));
  state.overlays.confirm(overlay, 6);
  assert.equal(state.overlays.size, 0);
});

test("acts lie over each other in their order", () => {
  const state = stateAt(5, [notification(3)]);
  lay(state, "read", ["3"], 5);
  const second = lay(state, "unread", ["3"], 5);
  assert.equal(state.viewCounts().unread, 1);
  state.overlays.lift(second);
  assert.equal(state.viewCounts().unread, 0);
});

test("so does a revision that went back", () => {
  const state = stateAt(50, [notification(3)]);
  state.overlays.confirm(lay(state, "read", ["3"], 50), 51);
  state.applySnapshot({ type: "snapshot", epoch: EPOCH, revision: 30, notifications: [notification(3)], more: false, counts: { unread: 1, unseen: 1 } });
  assert.equal(state.viewCounts().unread, 1);
});

test("another epoch ends the overlays that were answered in the one before", () => {
  const state = stateAt(5, [notification(3)]);
  state.overlays.confirm(lay(state, "read", ["3"], 5), 900);
  lay(state, "archive", ["3"], 5);
  state.applySnapshot({ type: "snapshot", epoch: "other", revision: 2, notifications: [notification(1)], more: false, counts: { unread: 1, unseen: 1 } });
  assert.deepEqual(state.view(notification(1)).archived_at, null);
});

test("a snooze says until when, and what is archived is not snoozed", () => {
  const until = "2026-12-01T09:00:00.000Z";
  const state = stateAt(5, [notification(3), notification(4, { archived_at: READ.read_at })]);
  state.overlays.lay({ op_id: "a", op: "snooze", ids: ["3", "4"], upto: 5, at: READ.read_at, revision: null, until });
  assert.deepEqual(["3", "4"].map((id) => state.view(state.notifications.get(id)).snoozed_until), [until, null]);
  lay(state, "archive", ["3"], 5);
  assert.equal(state.view(state.notifications.get("3")).snoozed_until, null);
});

test("what an act on all took along comes back to the counts when that is taken back", () => {
  const state = stateAt(5, [notification(5), notification(4, READ)], { more: true, unread: 60, unseen: 20 });
  const all = lay(state, "read", null, 5);
  assert.equal(state.viewCounts().unread, 0);
  state.overlays.lay({ op_id: "back", op: "unread", ids: ["5"], upto: 5, at: READ.read_at, revision: null, undoes: all });
  assert.equal(state.viewCounts().unread, 60);
});
