import assert from "node:assert/strict";
import test from "node:test";
import { Threads, rowsOf } from "../../notifications/static/notifications/threads.js";
import { notification } from "./support/harness.js";

/** Newest first, by what each belongs to. */
const list = (...threads) => threads.map((thread, at) => notification(threads.length - at, { thread }));
const said = (folds) => rowsOf(folds).map(({ one, earlier, under }) => [one.id, earlier.map(({ id }) => id).join(), under?.id ?? ""]);

test("what belongs together is in the row of its newest, wherever it stands", () => {
  const folds = new Threads().folds(list("a", null, "b", "a", undefined, "b", "a"));
  assert.deepEqual(said(folds), [["7", "4,1", ""], ["6", "", ""], ["5", "2", ""], ["3", "", ""]]);
});

test("those that are open have rows below their newest, also once another one is that", () => {
  const threads = new Threads();
  threads.set("a", true);
  assert.deepEqual(said(threads.folds(list(null, "a", "b", "a"))), [["4", "", ""], ["3", "1", ""], ["1", "", "3"], ["2", "", ""]]);
  assert.deepEqual(said(threads.folds(list("a", "a", "a"))), [["3", "2,1", ""], ["2", "", "3"], ["1", "", "3"]]);
  threads.set("a", false);
  assert.deepEqual(said(threads.folds(list("a", "a"))), [["2", "1", ""]]);
});

test("of what is in no thread nothing can be opened", () => {
  const threads = new Threads();
  threads.set(null, true);
  assert.deepEqual(said(threads.folds(list(null, undefined, ""))), [["3", "", ""], ["2", "", ""], ["1", "", ""]]);
});

test("a row has no more in it than one act takes", () => {
  const folds = new Threads().folds(list(...Array.from({ length: 250 }, () => "a")));
  assert.deepEqual(folds.map(({ earlier }) => earlier.length + 1), [100, 100, 50]);
});
