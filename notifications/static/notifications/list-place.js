/** Where the page's list is, and what it is narrowed to: as the browser's address says, of which there is one. */
import { narrowedBy } from "./narrowing.js";
import { folded, wordsOf } from "./search-words.js";

export const place = {
  list: location.pathname,
  /** With its question mark, or empty. */
  query: location.search,
  words: wordsIn(location.search),

  /** @param {string} query */
  moveTo(query) {
    const words = wordsIn(query);
    // The same words are the same list, by which rows know that nothing is to be marked anew.
    Object.assign(place, { query, ...(words.join(" ") !== place.words.join(" ") && { words }) });
  },

  /** The page of a notification, from which one comes back here. @param {string} id */
  addressOf(id) {
    return `${place.list}${encodeURIComponent(id)}/${place.query}`;
  },

  /** Whose page the address is now, which has been opened beside the list; empty: nobody's. */
  get opened() {
    const { pathname } = location;
    const isOne = pathname !== place.list && pathname.startsWith(place.list);
    return isOne ? decodeURIComponent(pathname.slice(place.list.length, -1)) : "";
  },
};

/** @param {string} query */
function wordsIn(query) {
  return wordsOf(folded(narrowedBy(query).q ?? ""));
}
