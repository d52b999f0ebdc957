const MINUTE_MS = 60_000;
export const MIN_MS = 3 * MINUTE_MS;
export const MAX_MS = 366 * 24 * 60 * MINUTE_MS;
// On the way, and while it waits for others, a moment passes.
const ROOM_MS = 5_000;
const MORNING_H = 9;

/** Until when the buttons of a row snooze, by the reader's clock. @type {Record<string, (now: Date) => Date>} */
const CHOICES = {
  "snooze-hour": (now) => new Date(now.getTime() + 60 * MINUTE_MS),
  "snooze-tomorrow": (now) => morningIn(now, 1),
  "snooze-monday": (now) => morningIn(now, ((8 - now.getDay()) % 7) || 7),
};

/**
 * When a snooze ends that a button asks for, whose form holds what was typed; null: that cannot be.
 * @param {string} op
 * @param {string} typed
 * @param {number} nowMs
 */
export function snoozeUntil(op, typed, nowMs) {
  const until = CHOICES[op]?.(new Date(nowMs)) ?? new Date(typed);
  const aheadMs = until.getTime() - nowMs;
  return aheadMs >= MIN_MS && aheadMs <= MAX_MS ? until.toISOString() : null;
}

/** That moment, or the first one to which a snooze is possible now. @param {string} until @param {number} nowMs */
export const earliestSnooze = (until, nowMs) => new Date(Math.max(Date.parse(until), nowMs + MIN_MS + ROOM_MS)).toISOString();

/** @param {Date} now @param {number} days */
const morningIn = (now, days) => new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, MORNING_H);
