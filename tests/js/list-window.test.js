import assert from "node:assert/strict";
import test from "node:test";
import { around } from "../../notifications/static/notifications/list-window.js";

const ALL = Array.from({ length: 201 }, (_, at) => at);
const one = () => 1;
/** As if the rest of a thread were unfolded there. */
const open = (where, size) => (at) => (at === where ? size : 1);

/** The first and the last of those that stay. */
function ends(all, centre, rowsIn) {
  const kept = around(all, centre, rowsIn);
  return [kept[0], kept.at(-1)];
}

test("as many as may be alive all stay", () => {
  assert.equal(around(ALL.slice(1), 0, one).length, 200);
});

test("of more those stay that are around the one that is looked at", () => {
  assert.deepEqual(ends(ALL, 0, one), [0, 149]);
  assert.deepEqual(ends(ALL, 100, one), [25, 174]);
  assert.deepEqual(ends(ALL, 200, one), [51, 200]);
});

test("what is unfolded counts by its rows", () => {
  assert.deepEqual(ends(ALL.slice(0, 150), 0, open(3, 100)), [0, 50]);
  assert.deepEqual(ends(ALL.slice(0, 150), 75, open(75, 100)), [25, 75]);
  // It is not looked at, and there is no room for it.
  assert.deepEqual(ends(ALL, 0, open(120, 100)), [0, 119]);
});

test("the one that is looked at stays, however many rows it has", () => {
  assert.deepEqual(around(ALL, 40, open(40, 300)), [40]);
});
