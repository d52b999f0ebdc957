/** The words that somebody looks for, and where they stand in a text: the twin of search_words.py. No DOM. */
import { gettext, interpolate, ngettext } from "./gettext.js";

/** The runs of letters, digits and their marks. @param {string} text */
export const wordsOf = (text) => (text.match(/[\p{L}\p{N}\p{M}]+/gu) ?? []).filter((word) => !/^\p{M}+$/u.test(word));

/** The text without what a search does not go by: case, accents, and forms of a letter. @param {string} text */
export function folded(text) {
  const plain = text.normalize("NFKD").replace(/[\u0300-\u036f]+/g, "");
  // One by one, as databases do it: of a whole word it would make a final sigma.
  return [...plain].map((one) => one.toLowerCase()).join("");
}

/**
 * The text in its order, cut where words begin and end that are looked for. Nothing is lost.
 * @param {string} text
 * @param {string[]} words as of `wordsOf(folded(query))`
 * @returns {{text: string, isMatch: boolean}[]}
 */
export function pieces(text, words) {
  const whole = words.slice(0, -1);
  const begun = words.at(-1);
  const found = [];
  let at = 0;
  if (begun !== undefined) {
    for (const { 0: run, index } of text.matchAll(/[\p{L}\p{N}\p{M}]+/gu)) {
      if (!wordsOf(folded(run)).some((part) => whole.includes(part) || part.startsWith(begun))) continue;
      if (index > at) found.push({ text: text.slice(at, index), isMatch: false });
      at = index + run.length;
      found.push({ text: run, isMatch: true });
    }
  }
  if (at < text.length || !found.length) found.push({ text: text.slice(at), isMatch: false });
  return found;
}

/** How many were found: as filters.py says it. @param {number} count @param {boolean} isWhole */
export function foundText(count, isWhole) {
  const more = ngettext("More than %(count)s notification found.", "More than %(count)s notifications found.", count);
  const exactly = ngettext("%(count)s notification found.", "%(count)s notifications found.", count);
  return interpolate(isWhole ? exactly : more, { count });
}

/** What is said where nothing was. @param {Record<string, string>} narrowed */
export function noneText({ q = "", ...chosen }) {
  if (!q.trim()) return gettext("No notifications match these filters.");
  const isMore = Object.keys(chosen).length > 0;
  const text = isMore ? gettext("No notifications match “%(query)s” and these filters.") : gettext("No notifications match “%(query)s”.");
  return interpolate(text, { query: q.trim() });
}
