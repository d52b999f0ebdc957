import { element, focused, place } from "./dom.js";
import { dayText } from "./time.js";

/** Rows under the days on which they arrived, by the reader's own calendar. */
export class DayList {
  #node;
  #refuge;
  #sections = new Map();
  rows = [];

  /** refuge: takes the focus when no row is left */
  constructor(node, refuge) {
    this.#node = node;
    this.#refuge = refuge;
  }

  /** The row with the focus. */
  get current() {
    const node = focused()?.closest("article");
    return this.rows.find((row) => row.node === node);
  }

  show(rows, nowMs, isWhole) {
    this.#saveFocus(rows);
    this.rows = rows;
    const days = new Map();
    rows.forEach((row, at) => {
      row.node.ariaPosInSet = String(at + 1);
      row.node.ariaSetSize = String(isWhole ? rows.length : -1);
      const day = dayText(row.time, nowMs);
      if (!days.has(day)) days.set(day, []);
      days.get(day).push(row.node);
    });
    place(this.#node, [...days.keys()].map((day) => this.#section(day)), this.#refuge);
    for (const [day, nodes] of days) place(this.#section(day).lastElementChild, nodes, this.#refuge);
  }

  #section(day) {
    if (!this.#sections.has(day)) {
      const heading = element("h2", { id: `on ${day}`.replaceAll(" ", "-"), textContent: day });
      // Only articles may be in a feed, so each day has one of its own.
      const feed = element("div", { className: "rows", role: "feed" });
      const section = element("section", {}, heading, feed);
      for (const one of [section, feed]) one.setAttribute("aria-labelledby", heading.id);
      this.#sections.set(day, section);
    }
    return this.#sections.get(day);
  }

  /** From a row that leaves, the focus goes to its neighbour, else to the refuge: never to nowhere. */
  #saveFocus(rows) {
    const at = this.rows.indexOf(this.current);
    const stays = (row) => rows.includes(row);
    if (at < 0 || stays(this.rows[at])) return;
    const heir = this.rows.slice(at).find(stays) ?? this.rows.slice(0, at).findLast(stays);
    (heir?.node ?? this.#refuge).focus();
  }
}
