/** What rows say is the same from server and browser: the cases are those of tests/notifications/pages/test_rows.py. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { categoryLabel, hue, initials } from "../../notifications/static/notifications/appearance.js";
import { pieces } from "../../notifications/static/notifications/links.js";
import { folded, pieces as wordPieces, wordsOf } from "../../notifications/static/notifications/search-words.js";

const CASES = JSON.parse(readFileSync(new URL("./support/row-cases.json", import.meta.url), "utf8"));

test("addresses in a text are links, and nothing of it is lost", () => {
  for (const [text, wanted] of CASES.links) {
    assert.deepEqual(pieces(text).filter(({ isAddress }) => isAddress).map((piece) => piece.text), wanted);
    assert.equal(pieces(text).map((piece) => piece.text).join(""), text);
  }
});

test("the words that are looked for are marked, and nothing of a text is lost", () => {
  for (const [text, query, wanted] of CASES.marks) {
    const marked = wordPieces(text, wordsOf(folded(query)));
    assert.deepEqual(marked.filter(({ isMatch }) => isMatch).map((piece) => piece.text), wanted);
    assert.equal(marked.map((piece) => piece.text).join(""), text);
  }
});

test("a sender has initials and a colour", () => {
  for (const [sender, wanted] of CASES.senders) assert.equal(initials(sender), wanted);
  assert.deepEqual(["Ana Gomez", "أحمد علي", "🚀"].map(hue).every((one) => one >= 0 && one < 8), true);
});

test("a category has its label, or words", () => {
  for (const [category, wanted] of CASES.categories) assert.equal(categoryLabel(category, { orders: "Bestellungen" }), wanted);
});
