/** Texts in other languages, and what is said where there is none. */
import assert from "node:assert/strict";
import test from "node:test";
import { gettext, interpolate, ngettext, pgettext, setWords, words } from "../../notifications/static/notifications/gettext.js";
import { bellName } from "../../notifications/static/notifications/text.js";

const COUNTED = { zero: "0", one: "1", two: "2", few: "3", many: "11", other: "100" };

test("without words all is English", () => {
  assert.equal(words(), undefined);
  assert.equal(gettext("Archive"), "Archive");
  assert.equal(pgettext("a month", "May"), "May");
  assert.deepEqual([0, 1, 2].map((count) => ngettext("one", "many", count)), ["many", "one", "many"]);
  assert.equal(bellName(3, 1), "Notifications, 3 unread, 1 new");
});

test("what is not in them stays English", () => {
  setWords({ Archive: "Archivieren", "a month\u0004May": "Mai", day: { one: "Tag", other: "Tage" } }, "de");
  assert.equal(gettext("Archive"), "Archivieren");
  assert.equal(gettext("Snooze"), "Snooze");
  assert.equal(pgettext("a month", "May"), "Mai");
  assert.equal(pgettext("a verb", "May"), "May");
  assert.deepEqual([1, 2].map((count) => ngettext("day", "days", count)), ["Tag", "Tage"]);
  assert.deepEqual([1, 2].map((count) => ngettext("hour", "hours", count)), ["hour", "hours"]);
});

test("a number has the form that its language has for it", () => {
  setWords({ day: COUNTED }, "ar");
  for (const number of [0, 1, 2, 3, 11, 100]) assert.equal(ngettext("day", "days", number), String(number));
  assert.equal(ngettext("day", "days", 102), "100");
  assert.equal(ngettext("day", "days", 103), "3");
});

test("values stand where they are named, whatever is in them", () => {
  assert.equal(interpolate("%(b)s of %(a)s", { a: "%(b)s", b: "$&" }), "$& of %(b)s");
});
