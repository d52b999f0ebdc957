import assert from "node:assert/strict";
import test from "node:test";
import { shortcut } from "../../notifications/static/notifications/inbox-keys.js";
import { shortcuts } from "../../notifications/static/notifications/words.js";

const press = (key, code, shiftKey = false) => shortcut({ key, code, shiftKey });
const codeOf = (letter) => `Key${letter.toUpperCase()}`;

test("each shortcut is reached on a keyboard whose letters are Latin", () => {
  for (const [name] of shortcuts()) {
    const key = name.replace("Shift ", "");
    assert.equal(press(key, key === "?" ? "Slash" : codeOf(key), name.startsWith("Shift") || key === "?"), name);
  }
});

test("so it is where they are not, by the place of the key", () => {
  const layouts = { russian: { j: "о", e: "у", i: "ш" }, greek: { j: "ξ", e: "ε", i: "ι" }, hebrew: { j: "ח", e: "ק", i: "ן" } };
  for (const letters of Object.values(layouts)) {
    for (const [letter, typed] of Object.entries(letters)) assert.equal(press(typed, codeOf(letter)), letter);
    assert.equal(press(letters.i.toUpperCase(), "KeyI", true), "Shift I");
  }
  assert.equal(press(",", "Slash", true), "?");
  assert.equal(press("؟", "Slash", true), "?");
});

test("Caps Lock changes nothing", () => {
  assert.equal(press("J", "KeyJ"), "j");
  assert.equal(press("i", "KeyI", true), "Shift I");
  assert.equal(press("О", "KeyJ"), "j");
});

test("on another Latin layout the letter counts and not its place", () => {
  assert.equal(press("j", "KeyC"), "j");
  assert.equal(press("o", "KeyS"), "o");
});

test("other keys are none", () => {
  for (const [key, code] of [["Enter", "Enter"], ["F8", "F8"], ["1", "Digit1"], [",", "Comma"], [" ", "Space"], ["Dead", "KeyE"], ["é", "Digit2"]]) {
    assert.equal(press(key, code), null, key);
  }
});
