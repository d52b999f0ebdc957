/** The dashboard's figures in words, as notifications/pages/figures.py has them. No DOM. */

import { gettext, interpolate } from "./gettext.js";
import { locale } from "./time.js";

/** @typedef {"count" | "per_s" | "per_min" | "s" | "bytes"} Unit */

const ENDINGS = {
  get per_s() { return gettext("/s"); },
  get per_min() { return gettext("/min"); },
};

/** What the page calls it; what it has no word for is said as it is. @param {Record<string, string>} words @param {string} key */
export const word = (words, key) => (Object.hasOwn(words, key) ? words[key] : key);

/** 12,480, 3.2/s, 48 ms. @param {number | null | undefined} value @param {string} unit */
export function figureText(value, unit) {
  if (value === null || value === undefined) return "–";
  if (unit === "s" && value < 1) return interpolate(gettext("%(number)s ms"), { number: (value * 1000).toFixed(0) });
  if (unit === "s") return interpolate(gettext("%(seconds)s s"), { seconds: rounded(value) });
  if (unit === "bytes") return interpolate(gettext("%(number)s MB"), { number: (value / 1e6).toFixed(0) });
  const ending = ENDINGS[/** @type {keyof typeof ENDINGS} */ (unit)] ?? "";
  const isWhole = value >= 10 || Number.isInteger(value);
  return `${isWhole ? Math.round(value).toLocaleString(locale()) : rounded(value)}${ending}`;
}

/** With one place, as the language writes it. @param {number} value */
const rounded = (value) => value.toLocaleString(locale(), { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** 3 h 20 min. @param {number} seconds */
export function ageText(seconds) {
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (days) return interpolate(gettext("%(days)s d %(hours)s h"), { days, hours: hours % 24 });
  if (hours) return interpolate(gettext("%(hours)s h %(minutes)s min"), { hours, minutes: minutes % 60 });
  if (minutes) return interpolate(gettext("%(minutes)s min %(seconds)s s"), { minutes, seconds: seconds % 60 });
  return interpolate(gettext("%(seconds)s s"), { seconds });
}

/** @param {number} part @param {number} whole */
export const shareText = (part, whole) => (whole ? `${part.toLocaleString(locale())} (${Math.floor((part * 100) / whole)} %)` : "0");

/** What a screen reader is told of a line. @param {string} label @param {(number | null)[]} points @param {string} unit */
export function lineText(label, points, unit) {
  const known = points.filter((point) => point !== null);
  const last = points.at(-1);
  if (!known.length) return interpolate(gettext("%(label)s: nothing known"), { label });
  const [least, most] = [Math.min(...known), Math.max(...known)].map((value) => figureText(value, unit));
  const text = gettext("%(label)s: %(last)s, between %(least)s and %(most)s");
  return interpolate(text, { label, last: figureText(last, unit), least, most });
}
