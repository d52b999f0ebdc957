/** The browser's address says where in the list its reader is: so a reload leads there, and the way back. */
import { topRow } from "./list-window.js";

// Once it stands still.
const SETTLED_MS = 250;

export class KeptPlace {
  #page;
  #place;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {Inbox.KeptPage} page */
  constructor(page) {
    this.#page = page;
    this.#place = page.place;
    this.#moved();
    addEventListener("scroll", () => this.#moved(), { passive: true });
  }

  #moved() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#keep(), SETTLED_MS);
  }

  #keep() {
    const { rows, isAtTop } = this.#page;
    const row = isAtTop ? undefined : topRow(rows);
    const known = row && this.#page.known(row.id);
    const query = new URLSearchParams(this.#place.query);
    query.delete("after");
    query.delete("before");
    if (known) query.set("before", String(known.arrived_revision + 1));
    const text = query.size ? `?${query}` : "";
    if (text === this.#place.query) return;
    this.#place.moveTo(text);
    history.replaceState({ ...history.state, row: row?.id }, "", location.pathname + text + location.hash);
  }
}
