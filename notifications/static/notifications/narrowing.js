/** What a listing is narrowed to, as an address says it. No DOM. */

/** What narrows a listing, by the names of the form and of the address. */
export const NARROWING = ["q", "category", "level", "sender", "thread"];

/** What an address narrows its listing to. @param {string} query @returns {Record<string, string>} */
export function narrowedBy(query) {
  const asked = new URLSearchParams(query);
  return Object.fromEntries(NARROWING.flatMap((name) => (asked.get(name)?.trim() ? [[name, asked.get(name) ?? ""]] : [])));
}
