/** The dashboard's figures in words, as notifications/pages/figures.py has them. No DOM. */

/** @typedef {"count" | "per_s" | "per_min" | "s" | "bytes"} Unit */

const ENDINGS = { per_s: "/s", per_min: "/min" };

/** 12,480, 3.2/s, 48 ms. @param {number | null | undefined} value @param {string} unit */
export function figureText(value, unit) {
  if (value === null || value === undefined) return "–";
  if (unit === "s") return value < 1 ? `${(value * 1000).toFixed(0)} ms` : `${value.toFixed(1)} s`;
  if (unit === "bytes") return `${(value / 1e6).toFixed(0)} MB`;
  const ending = ENDINGS[/** @type {keyof typeof ENDINGS} */ (unit)] ?? "";
  const isWhole = value >= 10 || Number.isInteger(value);
  return `${isWhole ? Math.round(value).toLocaleString("en-GB") : value.toFixed(1)}${ending}`;
}

/** 3 h 20 min. @param {number} seconds */
export function ageText(seconds) {
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (days) return `${days} d ${hours % 24} h`;
  if (hours) return `${hours} h ${minutes % 60} min`;
  return minutes ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}

/** @param {number} part @param {number} whole */
export const shareText = (part, whole) => (whole ? `${part.toLocaleString("en-GB")} (${Math.floor((part * 100) / whole)} %)` : "0");

/** What a screen reader is told of a line. @param {string} label @param {(number | null)[]} points @param {string} unit */
export function lineText(label, points, unit) {
  const known = points.filter((point) => point !== null);
  const last = points.at(-1);
  if (!known.length) return `${label}: nothing known`;
  const between = `between ${figureText(Math.min(...known), unit)} and ${figureText(Math.max(...known), unit)}`;
  return `${label}: ${figureText(last, unit)}, ${between}`;
}
