import { gettext, interpolate, ngettext, words } from "./gettext.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Times on 24 hours, and with the digits that Django writes, too. @param {string} language */
const localeOf = (language) => (/^en\b/.test(language) ? "en-GB" : `${language}-u-nu-latn`);
export const locale = () => localeOf(words()?.language ?? "en");

/** Made once: that takes longer than to write a time by it, and a list has hundreds. @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

/** @param {Date} time @param {Intl.DateTimeFormatOptions} options @param {string} [by] a locale */
function written(time, options, by = locale()) {
  const key = by + JSON.stringify(options);
  const format = formats.get(key) ?? new Intl.DateTimeFormat(by, options);
  formats.set(key, format);
  return format.format(time);
}

/**
 * now, 5 min ago, 3 h ago, Yesterday 14:02, Mon 14:02, 12 Nov, 12 Nov 2024.
 * @param {string} iso
 * @param {number} nowMs
 */
export function relativeTime(iso, nowMs) {
  const [then, today] = [new Date(iso), new Date(nowMs)];
  const ageMs = nowMs - then.getTime();
  const days = daysBetween(then, today);
  if (ageMs < MINUTE_MS) return gettext("now");
  if (ageMs < HOUR_MS) return minutesAgo(Math.floor(ageMs / MINUTE_MS));
  if (days === 0) return hoursAgo(Math.floor(ageMs / HOUR_MS));
  const clock = clockTime(then);
  if (days === 1) return interpolate(gettext("Yesterday %(time)s"), { time: clock });
  if (days < 7) return `${written(then, { weekday: "short" })} ${clock}`;
  const year = then.getFullYear() === today.getFullYear() ? undefined : "numeric";
  return written(then, { day: "numeric", month: "short", year });
}

/** @param {number} count */
const minutesAgo = (count) => interpolate(ngettext("%(count)s min ago", "%(count)s min ago", count), { count });

/** @param {number} count */
const hoursAgo = (count) => interpolate(ngettext("%(count)s h ago", "%(count)s h ago", count), { count });

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
  if (days === 0) return gettext("Today");
  if (days === 1) return gettext("Yesterday");
  const year = then.getFullYear() === today.getFullYear() ? undefined : "numeric";
  const text = written(then, { weekday: "long", day: "numeric", month: "long", year });
  // Some browsers write one after the weekday, also in English.
  return words() ? text : text.replace(",", "");
}

/** @param {string} iso */
export const absoluteTime = (iso) => written(new Date(iso), { dateStyle: "full", timeStyle: "short" });

/** 12 Nov 2024 14:02 CET: as the server writes it. @param {string} iso @param {string} [language] */
export function zonedTime(iso, language = words()?.language ?? "en") {
  /** @type {Intl.DateTimeFormatOptions} */
  const options = { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short" };
  return written(new Date(iso), options, localeOf(language)).replace(/[,،]/, "");
}

/** 09:20 @param {number | Date} time */
export const clockTime = (time) => written(new Date(time), { hour: "2-digit", minute: "2-digit" });

/** How many midnights lie between, by the reader's calendar. @param {Date} then @param {Date} today */
function daysBetween(then, today) {
  /** @param {Date} date */
  const midnight = (date) => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return Math.round((midnight(today) - midnight(then)) / (24 * HOUR_MS));
}
