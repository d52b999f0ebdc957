/** What has come to the inbox page, and is not in its list yet: nothing is put above what somebody reads. */
import { element, hide, say } from "./dom.js";
import { newText } from "./words.js";

export class NewRows {
  /** What the reader has seen in its place: it may come back there at any time. @type {Set<string>} */
  #accepted = new Set();
  /** Those of which nothing is held, since the list is far below them. */
  missed = 0;
  /** Says how many there are, and shows them. */
  pill = element("button", { type: "button", className: "new", hidden: true });

  /** @param {{id: string}[]} some */
  accept(some) {
    for (const { id } of some) this.#accepted.add(id);
  }

  /** @param {{id: string}} one */
  isNew = ({ id }) => !this.#accepted.has(id);

  /** It is no longer held. @param {string} id */
  forget(id) {
    if (!this.#accepted.delete(id)) this.missed += 1;
  }

  /** @param {number} waiting of those that are held */
  show(waiting) {
    const count = this.missed + waiting;
    hide(this.pill, !count);
    say(this.pill, newText(count));
  }
}
