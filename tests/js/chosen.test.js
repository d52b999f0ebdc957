import assert from "node:assert/strict";
import { test } from "node:test";

import { isQuiet } from "../../notifications/static/notifications/chosen.js";

const NIGHTS = { days: [0, 1, 2, 3, 4], from: "22:00", to: "07:00", zone: "Europe/Berlin" };
/** @param {string} text */
const at = (text) => Date.parse(text);

test("without quiet hours it is never quiet", () => {
  assert.equal(isQuiet(null, at("2026-11-27T02:00:00Z")), false);
});

test("a night belongs to the day on which it begins", () => {
  // Friday 23:30, and Saturday 06:59, in Berlin.
  assert.equal(isQuiet(NIGHTS, at("2026-11-27T22:30:00Z")), true);
  assert.equal(isQuiet(NIGHTS, at("2026-11-28T05:59:00Z")), true);
  assert.equal(isQuiet(NIGHTS, at("2026-11-28T06:00:00Z")), false);
  // Saturday night is none of them, nor is the morning of Monday.
  assert.equal(isQuiet(NIGHTS, at("2026-11-28T22:30:00Z")), false);
  assert.equal(isQuiet(NIGHTS, at("2026-11-30T05:00:00Z")), false);
});

test("it goes by the wall clock when clocks are set", () => {
  const mornings = { days: [6], from: "02:30", to: "03:30", zone: "Europe/Berlin" };
  // In spring there is no 02:30: it begins at 03:00.
  assert.equal(isQuiet(mornings, at("2026-03-29T00:59:00Z")), false);
  assert.equal(isQuiet(mornings, at("2026-03-29T01:00:00Z")), true);
  assert.equal(isQuiet(mornings, at("2026-03-29T01:30:00Z")), false);
  // In autumn 02:30 comes twice.
  assert.equal(isQuiet(mornings, at("2026-10-25T00:45:00Z")), true);
  assert.equal(isQuiet(mornings, at("2026-10-25T01:15:00Z")), false);
  assert.equal(isQuiet(mornings, at("2026-10-25T01:45:00Z")), true);
});

test("from and to alike are a whole day", () => {
  const sundays = { days: [6], from: "00:00", to: "00:00", zone: "UTC" };
  assert.equal(isQuiet(sundays, at("2026-11-29T00:00:00Z")), true);
  assert.equal(isQuiet(sundays, at("2026-11-29T23:59:00Z")), true);
  assert.equal(isQuiet(sundays, at("2026-11-30T00:00:00Z")), false);
});
