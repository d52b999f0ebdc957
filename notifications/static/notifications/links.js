/** The web addresses in a text that somebody typed: the twin of links.py. No DOM. */

// Up to a blank, a quote or a bracket that no address holds, or what turns the direction of a text.
const ADDRESS = /(?<![\p{L}\p{N}_@/])https?:\/\/[^\s<>"'`{}|\\^\u200e\u200f\u202a-\u202e\u2066-\u2069]+/giu;
// What ends a sentence, in whatever script: it belongs to that, not to the address.
const TRAILING = ".,;:!?*_~'\"…·“”‘’«»、。，；：！？،؛؟।";
/** @type {Record<string, string>} */
const BRACKETS = { ")": "(", "]": "[", "）": "（" };

/**
 * The text in its order, cut where addresses begin and end. Nothing is lost.
 * @param {string} text
 * @returns {{text: string, isAddress: boolean}[]}
 */
export function pieces(text) {
  const found = [];
  let at = 0;
  for (const { 0: whole, index } of text.matchAll(ADDRESS)) {
    const address = trimmed(whole);
    if (!isSafe(address)) continue;
    if (index > at) found.push({ text: text.slice(at, index), isAddress: false });
    at = index + address.length;
    found.push({ text: address, isAddress: true });
  }
  if (at < text.length) found.push({ text: text.slice(at), isAddress: false });
  return found;
}

/** @param {string} whole */
function trimmed(whole) {
  let address = whole;
  /** @param {string} character */
  const count = (character) => address.split(character).length;
  for (let last = address.slice(-1); last; last = address.slice(-1)) {
    const isUnmatched = last in BRACKETS && count(last) > count(BRACKETS[last]);
    if (!TRAILING.includes(last) && !isUnmatched) break;
    address = address.slice(0, -1);
  }
  return address;
}

/** Whether it leads where it seems to: https://bank.example@evil.example/ does not. @param {string} address */
function isSafe(address) {
  const host = address.match(/^https?:\/\/([^/?#]+)/i)?.[1] ?? "";
  return !host.includes("@") && /^[\p{L}\p{N}[]/u.test(host);
}
