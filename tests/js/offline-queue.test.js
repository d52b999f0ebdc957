import assert from "node:assert/strict";
import test from "node:test";
import { OfflineQueue } from "../../notifications/static/notifications/offline-queue.js";
import { FakeStorage } from "./support/fake-browser.js";

const HOUR_MS = 60 * 60 * 1000;
/** @param {string} op_id @param {string} [at] @returns {Inbox.Act} */
const entry = (op_id, at = op_id) => ({ overlay: { op_id, op: "read", ids: ["1"], upto: 1, at, revision: null }, body: { op: "read", notifications: ["1"], op_id } });
const ids = (kept) => kept.entries().map(({ body }) => body.op_id);

function queue(storage = new FakeStorage(), name = "user-1") {
  const time = { ms: 0 };
  return { it: new OfflineQueue({ storage, name, now: () => time.ms }), time, storage };
}

test("what is kept is there for every tab, in the order of the acts", () => {
  const { it, storage } = queue();
  assert.ok(it.add(entry("b")) && it.add(entry("a")));
  const { it: other } = queue(storage);
  assert.deepEqual([ids(other), other.size, other.has("a")], [["b", "a"], 2, true]);
  other.remove(entry("a"));
  assert.deepEqual(ids(it), ["b"]);
});

test("acts of one millisecond keep their order, and so do those before which a clock went back", () => {
  const { it, time, storage } = queue();
  const at = "2026-01-01T09:00:00.000Z";
  const done = ["z", "m", "a", "y", "b"];
  for (const id of done.slice(0, 3)) it.add(entry(id, at));
  time.ms = -HOUR_MS;
  const { it: other } = queue(storage);
  other.add(entry("y", "2026-01-01T08:00:00.000Z"));
  it.add(entry("b", "2026-01-01T08:00:00.000Z"));
  assert.deepEqual([ids(it), ids(other)], [done, done]);
  it.remove(entry("z"));
  it.add(entry("z", at));
  assert.deepEqual(ids(it), ["m", "a", "y", "b", "z"]);
});

test("users do not see each other's", () => {
  const { it, storage } = queue();
  it.add(entry("a"));
  assert.equal(queue(storage, "user-2").it.size, 0);
});

test("a hundred are kept, and no more", () => {
  const { it } = queue();
  for (let n = 0; n < 100; n++) assert.ok(it.add(entry(`op-${n}`)));
  assert.equal(it.add(entry("one more")), false);
});

test("after a day they are dropped, and told", () => {
  const { it, time } = queue();
  it.add(entry("old"));
  time.ms = 20 * HOUR_MS;
  it.add(entry("young"));
  time.ms = 24 * HOUR_MS + 1;
  assert.deepEqual(it.dropExpired().map(({ body }) => body.op_id), ["old"]);
  assert.deepEqual(ids(it), ["young"]);
});

test("where storage is denied or full nothing is kept, and that is said", () => {
  assert.equal(queue(null).it.add(entry("a")), false);
  assert.deepEqual([queue(null).it.size, queue(null).it.entries(), queue(null).it.has("a")], [0, [], false]);
  const full = new FakeStorage();
  full.setItem = () => {
    throw new Error("QuotaExceededError");
  };
  assert.equal(queue(full).it.add(entry("a")), false);
});

test("what is not an act stands in nobody's way", () => {
  const { it, storage } = queue();
  for (const text of ["nonsense", "{}", "null", '{"overlay":{}}']) storage.setItem(`nb:act:user-1:${text}`, text);
  it.add(entry("a"));
  assert.deepEqual([ids(it), it.size], [["a"], 1]);
});
