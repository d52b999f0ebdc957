import { element, focused, place } from "./dom.js";
import { dayText } from "./time.js";

/** Rows under the days on which they arrived, by the reader's own calendar. */
export class DayList {
  #node;
  #refuge;
  /** @type {Map<string, {section: HTMLElement, feed: HTMLElement}>} by their days */
  #sections = new Map();
  /** Where Tab stops: fifty rows with all that can be done there would be hundreds of stops. @type {Inbox.Row | undefined} */
  #stop;
  /** @type {Inbox.Row[]} */
  rows = [];

  /** @param {HTMLElement} node @param {HTMLElement} refuge takes the focus when no row is left */
  constructor(node, refuge) {
    this.#node = node;
    this.#refuge = refuge;
    node.addEventListener("focusin", () => this.#moveStop(this.current));
  }

  /** The row with the focus. */
  get current() {
    const node = focused()?.closest("article");
    return this.rows.find((row) => row.node === node);
  }

  /** @param {Inbox.Row[]} rows @param {number} nowMs @param {boolean} isWhole */
  show(rows, nowMs, isWhole) {
    const heir = this.#saveFocus(rows);
    this.rows = rows;
    /** @type {Map<string, HTMLElement[]>} */
    const days = new Map();
    rows.forEach((row, at) => {
      const [number, size] = [String(at + 1), String(isWhole ? rows.length : -1)];
      if (row.node.ariaPosInSet !== number) row.node.ariaPosInSet = number;
      if (row.node.ariaSetSize !== size) row.node.ariaSetSize = size;
      const day = dayText(row.day, nowMs);
      const nodes = days.get(day);
      if (nodes) nodes.push(row.node);
      else days.set(day, [row.node]);
    });
    place(this.#node, [...days.keys()].map((day) => this.#section(day).section), this.#refuge);
    for (const [day, nodes] of days) place(this.#section(day).feed, nodes, this.#refuge);
    heir?.node.focus({ preventScroll: true });
    this.#moveStop(this.#stop && rows.includes(this.#stop) ? this.#stop : rows[0]);
  }

  /** @param {Inbox.Row | undefined} row */
  #moveStop(row) {
    if (!row || row === this.#stop) return;
    if (this.#stop) this.#stop.isStop = false;
    row.isStop = true;
    this.#stop = row;
  }

  /** @param {string} day */
  #section(day) {
    const made = this.#sections.get(day);
    if (made) return made;
    const heading = element("h2", { id: `on ${day}`.replaceAll(" ", "-"), textContent: day });
    // Only articles may be in a feed, so each day has one of its own.
    const feed = element("div", { className: "rows nb-rows", role: "feed" });
    const section = element("section", {}, heading, feed);
    for (const one of [section, feed]) one.setAttribute("aria-labelledby", heading.id);
    this.#sections.set(day, { section, feed });
    return { section, feed };
  }

  /**
   * From a row that leaves, the focus goes to its neighbour, else to the refuge: never to nowhere.
   * @param {Inbox.Row[]} rows
   * @returns {Inbox.Row | undefined} the one that it was folded into, which is to have it
   */
  #saveFocus(rows) {
    const { current } = this;
    /** @param {Inbox.Row} row */
    const stays = (row) => rows.includes(row);
    if (!current || stays(current)) return undefined;
    const at = this.rows.indexOf(current);
    const heir = this.rows.slice(at).find(stays) ?? this.rows.slice(0, at).findLast(stays);
    // It may be far from what is looked at.
    (heir?.node ?? this.#refuge).focus({ preventScroll: true });
    return rows.find(({ ids }) => ids.includes(current.id));
  }
}
