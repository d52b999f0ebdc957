import assert from "node:assert/strict";
import test from "node:test";
import { badgeText, bellName, titleWithCount } from "../../notifications/static/notifications/text.js";
import { relativeTime } from "../../notifications/static/notifications/time.js";
import { announcement, failureText, levelText, newText } from "../../notifications/static/notifications/words.js";
import { notification } from "./support/harness.js";

test("the bell says its numbers", () => {
  assert.equal(bellName(0, 0), "Notifications");
  assert.equal(bellName(3, 0), "Notifications, 3 unread");
  assert.equal(bellName(3, 1), "Notifications, 3 unread, 1 new");
  assert.equal(bellName(120, 120), "Notifications, 120 unread, 120 new");
});

test("the badge is capped, and empty without unread ones", () => {
  assert.deepEqual([0, 1, 99, 100, 5000].map((count) => badgeText(count)), ["", "1", "99", "99+", "99+"]);
});

test("the title's count replaces the one before", () => {
  assert.equal(titleWithCount("Inbox", 3), "(3) Inbox");
  assert.equal(titleWithCount("(3) Inbox", 4), "(4) Inbox");
  assert.equal(titleWithCount("(99+) Inbox", 0), "Inbox");
  assert.equal(titleWithCount("(x) Inbox", 120), "(99+) (x) Inbox");
});

test("one is told by its title, several by their number and the latest", () => {
  assert.equal(announcement([notification(1, { title: "One" })]), "New notification: One");
  const two = [notification(1), notification(2, { title: "Two" })];
  assert.equal(announcement(two), "2 new notifications. Latest: Two");
  assert.equal(newText(1), "1 new notification");
});

test("failures name what failed", () => {
  assert.equal(failureText("archive", "Two"), "Couldn't archive: Two");
  assert.equal(failureText("read", undefined), "Couldn't mark as read");
  assert.equal(levelText("critical"), "Critical");
  assert.equal(levelText("info"), "");
});

test("times are told as people do", () => {
  const now = new Date(2026, 10, 24, 15, 0, 0); // a Tuesday, in the reader's zone
  const at = (year, month, day, hours, minutes, seconds = 0) =>
    relativeTime(new Date(year, month, day, hours, minutes, seconds).toISOString(), now.getTime());
  assert.equal(at(2026, 10, 24, 15, 0, 30), "now"); // a clock that is wrong
  assert.equal(at(2026, 10, 24, 14, 59, 30), "now");
  assert.equal(at(2026, 10, 24, 14, 55), "5 min ago");
  assert.equal(at(2026, 10, 24, 12, 0), "3 h ago");
  assert.equal(at(2026, 10, 23, 14, 2), "Yesterday 14:02");
  assert.equal(at(2026, 10, 23, 0, 2), "Yesterday 00:02");
  assert.equal(at(2026, 10, 20, 14, 2), "Fri 14:02");
  assert.equal(at(2026, 10, 12, 14, 2), "12 Nov");
  assert.equal(at(2024, 10, 12, 14, 2), "12 Nov 2024");
});

test("shortly after midnight, minutes are still minutes", () => {
  const now = new Date(2026, 10, 24, 0, 20).getTime();
  assert.equal(relativeTime(new Date(2026, 10, 23, 23, 50).toISOString(), now), "30 min ago");
  assert.equal(relativeTime(new Date(2026, 10, 23, 22, 50).toISOString(), now), "Yesterday 22:50");
});
