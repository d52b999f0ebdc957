const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
// Pages are in English; only the time zone is the reader's.
const LOCALE = "en-GB";

/**
 * now, 5 min ago, 3 h ago, Yesterday 14:02, Mon 14:02, 12 Nov, 12 Nov 2024.
 * @param {string} iso
 * @param {number} nowMs
 */
export function relativeTime(iso, nowMs) {
  const [then, today] = [new Date(iso), new Date(nowMs)];
  const ageMs = nowMs - then.getTime();
  const days = daysBetween(then, today);
  if (ageMs < MINUTE_MS) return "now";
  if (ageMs < HOUR_MS) return `${Math.floor(ageMs / MINUTE_MS)} min ago`;
  if (days === 0) return `${Math.floor(ageMs / HOUR_MS)} h ago`;
  const clock = clockTime(then);
  if (days === 1) return `Yesterday ${clock}`;
  if (days < 7) return `${then.toLocaleDateString(LOCALE, { weekday: "short" })} ${clock}`;
  const year = then.getFullYear() === today.getFullYear() ? undefined : "numeric";
  return then.toLocaleDateString(LOCALE, { day: "numeric", month: "short", year });
}

/** Under the heading of its day: 5 min ago, 3 h ago, and 14:02 on any other day. @param {string} iso @param {number} nowMs */
export function ageInDay(iso, nowMs) {
  const then = new Date(iso);
  return daysBetween(then, new Date(nowMs)) === 0 ? relativeTime(iso, nowMs) : clockTime(then);
}

/**
 * Today, Yesterday, Monday 23 November, Friday 1 August 2025: as days.py has it.
 * @param {string} iso
 * @param {number} nowMs
 */
export function dayText(iso, nowMs) {
  const [then, today] = [new Date(iso), new Date(nowMs)];
  const days = daysBetween(then, today);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  /** @param {Intl.DateTimeFormatOptions} options */
  const text = (options) => then.toLocaleDateString(LOCALE, options);
  const year = then.getFullYear() === today.getFullYear() ? "" : ` ${then.getFullYear()}`;
  return `${text({ weekday: "long" })} ${text({ day: "numeric" })} ${text({ month: "long" })}${year}`;
}

/** @param {string} iso */
export const absoluteTime = (iso) => new Date(iso).toLocaleString(LOCALE, { dateStyle: "full", timeStyle: "short" });

/** 12 Nov 2024 14:02 CET: as the server writes it. @param {string} iso */
export function zonedTime(iso) {
  /** @type {Intl.DateTimeFormatOptions} */
  const options = { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short" };
  return new Date(iso).toLocaleString(LOCALE, options).replace(",", "");
}

/** 09:20 @param {number | Date} time */
export const clockTime = (time) => new Date(time).toLocaleTimeString(LOCALE, { hour: "2-digit", minute: "2-digit" });

/** How many midnights lie between, by the reader's calendar. @param {Date} then @param {Date} today */
function daysBetween(then, today) {
  /** @param {Date} date */
  const midnight = (date) => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return Math.round((midnight(today) - midnight(then)) / (24 * HOUR_MS));
}
