import assert from "node:assert/strict";
import test from "node:test";
import { Listing } from "../../notifications/static/notifications/listing.js";
import { Threads } from "../../notifications/static/notifications/threads.js";
import { notification } from "./support/harness.js";

const AT = "2026-11-24T09:00:00.000Z";
const as = (one) => one;

function listing(filter, revisions, { isFirst = true, hasOlder = false, fields = {} } = {}) {
  const notifications = revisions.map((revision) => notification(revision, fields));
  const it = new Listing({ filter, isFirst, hasOlder, notifications });
  return { it, ids: (view = as) => it.shown(view).map(({ id }) => id) };
}

test("new ones come on top of the first page", () => {
  const { it, ids } = listing("inbox", [5, 4]);
  it.merge([notification(6)], []);
  assert.deepEqual(ids(), ["6", "5", "4"]);
});

test("on an older page nothing new appears, but what is there changes", () => {
  const { it, ids } = listing("inbox", [5, 4], { isFirst: false, hasOlder: true });
  it.merge([notification(6), notification(5, { revision: 7, title: "edited" })], ["4"]);
  assert.deepEqual(ids(), ["5"]);
  assert.equal(it.shown(as)[0].title, "edited");
});

test("each listing has what belongs there", () => {
  const inbox = listing("inbox", [5]);
  inbox.it.merge([notification(5, { revision: 6, archived_at: AT })], []);
  assert.deepEqual(inbox.ids(), []);
  const unread = listing("unread", [5]);
  unread.it.merge([notification(5, { revision: 6, read_at: AT })], []);
  assert.deepEqual(unread.ids(), []);
  const archived = listing("archived", [], { fields: { archived_at: AT } });
  archived.it.merge([notification(5, { revision: 6, archived_at: AT }), notification(7)], []);
  assert.deepEqual(archived.ids(), ["5"]);
});

test("what left by mistake comes back", () => {
  const { it, ids } = listing("inbox", [5, 4]);
  assert.deepEqual(ids((one) => ({ ...one, archived_at: AT })), []);
  assert.deepEqual(ids(), ["5", "4"]);
  it.merge([notification(5, { revision: 6, archived_at: AT })], []);
  it.merge([notification(5, { revision: 7 })], []);
  assert.deepEqual(ids(), ["5", "4"]);
});

test("what belongs on an older page stays there", () => {
  const { it, ids } = listing("inbox", [9, 8], { hasOlder: true });
  it.merge([notification(3, { revision: 10 })], []);
  assert.deepEqual(ids(), ["9", "8"]);
});

test("a thread that stays is held whole, and what is between its rows and the others is asked for again", () => {
  const { it, ids } = listing("inbox", [8, 6, 5]);
  it.merge([notification(9, { thread: "a" }), notification(7, { thread: "a" }), notification(4, { thread: "a" })], []);
  const shown = new Threads().folds(it.shown(as));
  it.trim(shown.slice(0, 3), shown);
  assert.deepEqual(ids(), ["9", "8", "7", "6", "4"]);
  assert.deepEqual([it.hasNewer, it.hasOlder, it.ends], [false, true, { oldest: 6, newest: 9 }]);
  it.beginPage();
  it.endPage({ notifications: [notification(5), notification(4, { thread: "a" }), notification(3)], hasOlder: true });
  assert.deepEqual(ids(), ["9", "8", "7", "6", "5", "4", "3"]);
  assert.equal(it.ends.oldest, 3);
  it.beginPage();
  it.endPage({ notifications: [notification(2)], hasOlder: false });
  assert.equal(it.ends.oldest, 2);
});

test("what is far from its reader is let go of, and asked for again from there on", () => {
  const { it, ids } = listing("inbox", [9, 8, 7, 6, 5]);
  const shown = new Threads().folds(it.shown(as));
  it.trim(shown.slice(1, 3), shown);
  assert.deepEqual(ids(), ["8", "7"]);
  assert.deepEqual([it.hasNewer, it.hasOlder, it.ends], [true, true, { oldest: 7, newest: 8 }]);
  it.merge([notification(10)], []);
  assert.deepEqual(ids(), ["8", "7"]);
  it.beginPage();
  it.endPage({ notifications: [notification(10), notification(9)], hasNewer: false });
  assert.deepEqual(ids(), ["10", "9", "8", "7"]);
  assert.deepEqual([it.hasNewer, it.hasOlder], [false, true]);
});

test("the higher revision wins, and removed is final", () => {
  const { it, ids } = listing("inbox", [5]);
  it.merge([notification(5, { revision: 9, title: "late" })], []);
  it.merge([notification(5, { revision: 8, title: "early" })], []);
  assert.equal(it.shown(as)[0].title, "late");
  it.merge([], ["5"]);
  it.merge([notification(5, { revision: 10 })], []);
  assert.deepEqual(ids(), []);
});

test("what the stream brings while a page is on its way goes over it", () => {
  const { it, ids } = listing("inbox", [5, 4]);
  it.beginPage();
  it.merge([notification(4, { revision: 7, title: "edited" }), notification(8)], ["5"]);
  it.endPage({ notifications: [notification(6), notification(5), notification(4)], hasOlder: false, isNew: true });
  assert.deepEqual(ids(), ["8", "6", "4"]);
  assert.equal(it.shown(as).at(-1).title, "edited");
});

test("a page that was read later than the stream is not set back", () => {
  const { it } = listing("inbox", [5]);
  it.beginPage();
  it.merge([notification(5, { revision: 7, title: "early" })], []);
  it.endPage({ notifications: [notification(5, { revision: 8, title: "late" })], hasOlder: false, isNew: true });
  it.merge([notification(5, { revision: 7, title: "early" })], []);
  assert.equal(it.shown(as)[0].title, "late");
});

test("an older page goes below, and what came meanwhile goes over it", () => {
  const { it, ids } = listing("inbox", [9, 8], { hasOlder: true });
  it.beginPage();
  it.merge([notification(3, { revision: 10, title: "edited" })], [notification(2).id]);
  it.endPage({ notifications: [notification(3), notification(2)], hasOlder: false });
  assert.deepEqual(ids(), [9, 8, 3].map((revision) => notification(revision).id));
  assert.equal(it.shown((one) => one).find(({ id }) => id === "3").title, "edited");
});

test("what the stream brings is kept only while a page is asked for", () => {
  const { it, ids } = listing("inbox", [9], { hasOlder: true });
  it.merge([notification(3)], []);
  it.beginPage();
  it.failPage();
  it.endPage({ notifications: [], hasOlder: true });
  assert.deepEqual(ids(), [notification(9).id]);
});

test("what a search finds, the server knows: what arrives is not welcome by itself", () => {
  const held = [notification(5), notification(4)];
  const it = new Listing({ filter: "inbox", isFirst: true, hasOlder: false, isNarrowed: true, notifications: held });
  const ids = () => it.shown(as).map(({ id }) => id);
  assert.ok(it.isUnsure([notification(6)]));
  assert.ok(it.isUnsure([notification(5, { revision: 7, body: "edited" })]));
  assert.ok(!it.isUnsure([notification(5, { revision: 7, read_at: AT })]));
  assert.ok(!it.isUnsure([notification(6, { archived_at: AT })]));
  it.merge([notification(6), notification(5, { revision: 7, title: "edited" })], []);
  assert.deepEqual(ids(), ["5", "4"]);
  it.begin(false);
  it.endPage({ notifications: [notification(5)], hasOlder: false, isNew: true });
  it.merge([notification(6)], []);
  assert.deepEqual(ids(), ["6", "5"]);
});

test("a new top leaves what is below it, and drops what it does not hold", () => {
  const { it, ids } = listing("inbox", [5, 4, 3, 2], { hasOlder: true });
  assert.equal(it.endPage({ notifications: [notification(6), notification(4)], hasOlder: true, isTop: true }), true);
  assert.deepEqual(ids(), ["6", "4", "3", "2"]);
  assert.ok(it.hasOlder);
  assert.equal(it.endPage({ notifications: [notification(3)], hasOlder: false, isTop: true }), false);
  assert.deepEqual(ids(), ["3"]);
  assert.ok(!it.hasOlder);
});
