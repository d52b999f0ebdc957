/** Where the page's list is, and what it is narrowed to: as the browser's address says, of which there is one. */
import { folded, wordsOf } from "./search-words.js";

/** What narrows a listing, by the names of the form and of the address. */
export const NARROWING = ["q", "category", "level", "sender"];

export const place = {
  list: location.pathname,
  /** With its question mark, or empty. */
  query: location.search,
  words: wordsIn(location.search),
};

/** @param {string} query */
export function moveTo(query) {
  const words = wordsIn(query);
  // The same words are the same list, by which rows know that nothing is to be marked anew.
  Object.assign(place, { query, ...(words.join(" ") !== place.words.join(" ") && { words }) });
}

/** What an address narrows its listing to. @param {string} query @returns {Record<string, string>} */
export function narrowedBy(query) {
  const asked = new URLSearchParams(query);
  return Object.fromEntries(NARROWING.flatMap((name) => (asked.get(name)?.trim() ? [[name, asked.get(name) ?? ""]] : [])));
}

/** The page of a notification, from which one comes back here. @param {string} id */
export const addressOf = (id) => `${place.list}${encodeURIComponent(id)}/${place.query}`;

/** @param {string} query */
function wordsIn(query) {
  return wordsOf(folded(narrowedBy(query).q ?? ""));
}
