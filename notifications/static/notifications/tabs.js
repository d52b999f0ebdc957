import { element } from "./dom.js";
import { TABS } from "./words.js";

/** @type {Record<string, number>} */
const STEPS = { ArrowLeft: -1, ArrowRight: 1 };

/** The listings of an inbox, one of which is shown: one stop of Tab, and the arrows go on. */
export class Tabs {
  #panel;
  #open;
  /** @type {HTMLButtonElement[]} */
  #tabs;

  /** @param {HTMLElement} panel what they open @param {(filter: Inbox.ListingName) => void} open */
  constructor(panel, open) {
    this.#panel = panel;
    this.#open = open;
    this.#tabs = Object.entries(TABS).map(([filter, textContent]) =>
      element("button", { type: "button", id: `tab-${filter}`, role: "tab", value: filter, textContent, part: "tab" }),
    );
    this.node = element("div", { className: "tabs", role: "tablist", part: "tabs" }, ...this.#tabs);
    for (const tab of this.#tabs) {
      tab.setAttribute("aria-controls", panel.id);
      tab.addEventListener("click", () => this.#choose(tab));
    }
    this.node.addEventListener("keydown", (event) => this.#key(event));
    this.#mark(this.#tabs[0]);
  }

  /** @param {HTMLButtonElement} tab */
  #choose(tab) {
    this.#mark(tab);
    this.#open(/** @type {Inbox.ListingName} */ (tab.value));
  }

  /** @param {HTMLButtonElement} chosen */
  #mark(chosen) {
    for (const tab of this.#tabs) {
      tab.ariaSelected = String(tab === chosen);
      tab.tabIndex = tab === chosen ? 0 : -1;
      tab.part.toggle("tab-selected", tab === chosen);
    }
    this.#panel.setAttribute("aria-labelledby", chosen.id);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { key, target } = event;
    const at = this.#tabs.findIndex((tab) => tab === target);
    const isTurned = getComputedStyle(this.node).direction === "rtl";
    const step = (STEPS[key] ?? 0) * (isTurned ? -1 : 1);
    const to = key === "Home" ? 0 : key === "End" ? this.#tabs.length - 1 : at + step;
    if (at < 0 || (!step && key !== "Home" && key !== "End")) return;
    event.preventDefault();
    const tab = this.#tabs[(to + this.#tabs.length) % this.#tabs.length];
    tab.focus();
    this.#choose(tab);
  }
}
