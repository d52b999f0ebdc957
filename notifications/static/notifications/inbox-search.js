/** Search and filters of the inbox page without a reload: the server finds, each time anew. */
import { part } from "./dom.js";
import { NARROWING, narrowedBy } from "./narrowing.js";
import { foundText, noneText } from "./search-words.js";
import { TEXT } from "./words.js";

// As fast as one types, and no faster than one reads.
const TYPING_MS = 250;

export class InboxSearch {
  #page;
  #place;
  #form = part(document, "[data-filters]", HTMLFormElement);
  #field;
  #clear;
  #found;
  #empty;
  #nothing;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** Whether the next search is a new one, to which one comes back: letter by letter it is the same. */
  #isSettled = true;
  #hasFailed = false;

  /** @param {HTMLElement} root @param {Inbox.SearchedPage} page */
  constructor(root, page) {
    this.#page = page;
    this.#place = page.place;
    this.#field = part(this.#form, "[name=q]", HTMLInputElement);
    this.#clear = part(this.#form, "[data-clear]", HTMLAnchorElement);
    this.#found = part(this.#form, "[data-found]", HTMLElement);
    this.#empty = part(root, "[data-empty]", HTMLElement);
    this.#nothing = this.#empty.dataset.nothing ?? "";
    this.#listen();
    // What was typed before this was loaded.
    if (document.activeElement === this.#field) this.#typed();
  }

  #listen() {
    this.#field.addEventListener("input", (event) => event instanceof InputEvent && event.isComposing ? undefined : this.#typed());
    this.#field.addEventListener("compositionend", () => this.#typed());
    this.#field.addEventListener("keydown", (event) => this.#pressed(event));
    this.#field.addEventListener("change", () => (this.#isSettled = true));
    this.#form.addEventListener("change", ({ target }) => target instanceof HTMLSelectElement && this.#anew());
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#settled();
    });
    this.#clear.addEventListener("click", (event) => this.#clicked(event));
  }

  /** Where a key leads that is for that. */
  focus() {
    this.#field.focus();
    this.#field.select();
  }

  /**
   * The server has answered: so many are shown now.
   * @param {number} count
   * @param {boolean} isWhole
   */
  found(count, isWhole) {
    this.#hasFailed = false;
    const narrowed = narrowedBy(this.#place.query);
    const isOn = Object.keys(narrowed).length > 0;
    const none = isOn ? noneText(narrowed) : this.#nothing;
    this.#empty.textContent = none;
    this.#say(!isOn ? "" : count ? foundText(count, isWhole) : none, isOn && !count);
  }

  /** It has not. */
  failed() {
    this.#hasFailed = true;
    this.#say(TEXT.searchFailed, false);
  }

  /** Once: what did not change, nobody is told again. @param {string} text @param {boolean} isSaidBelow */
  #say(text, isSaidBelow) {
    this.#found.classList.toggle("visually-hidden", isSaidBelow);
    if (this.#found.textContent !== text) this.#found.textContent = text;
  }

  #typed() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#search(), TYPING_MS);
  }

  /** Another search than what was typed last. */
  #anew() {
    this.#isSettled = true;
    this.#settled();
  }

  #settled() {
    this.#search();
    this.#isSettled = true;
  }

  #search() {
    clearTimeout(this.#timer);
    const query = this.#queryOf(new FormData(this.#form));
    if (this.#hasFailed) return this.#go(query);
    if (JSON.stringify(narrowedBy(query)) === JSON.stringify(narrowedBy(this.#place.query))) return;
    // What is open beside the list stays open.
    const address = location.pathname + query;
    if (this.#isSettled) history.pushState(history.state, "", address);
    else history.replaceState(history.state, "", address);
    this.#isSettled = false;
    this.#go(query);
  }

  /** @param {FormData} form */
  #queryOf(form) {
    const query = new URLSearchParams({ filter: String(form.get("filter")) });
    for (const name of NARROWING) {
      const value = form.get(name);
      if (typeof value === "string" && value.trim()) query.set(name, value);
    }
    return `?${query}`;
  }

  /** @param {string} query */
  #go(query) {
    this.#place.moveTo(query);
    const narrowed = narrowedBy(query);
    this.#clear.hidden = !Object.keys(narrowed).length;
    /** @type {NodeListOf<HTMLAnchorElement>} */
    const tabs = document.querySelectorAll(".tabs a");
    for (const tab of tabs) {
      const filter = new URL(tab.href).searchParams.get("filter") ?? "inbox";
      tab.search = String(new URLSearchParams({ filter, ...narrowed }));
    }
    this.#page.narrow(narrowed, new URLSearchParams(query).get("before") ?? "");
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.key !== "Escape" || event.isComposing) return;
    event.preventDefault();
    if (this.#field.value) {
      this.#field.value = "";
      return this.#anew();
    }
    /** @type {HTMLElement | null} */
    const row = document.querySelector("[data-inbox] article[tabindex='0']");
    (row ?? document.querySelector("h1"))?.focus();
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    this.#fill({});
    this.#anew();
    this.#field.focus();
  }

  /** Back and forward between searches. */
  followHistory() {
    const { search } = location;
    clearTimeout(this.#timer);
    this.#isSettled = true;
    this.#fill(narrowedBy(search));
    this.#go(search);
  }

  /** @param {Record<string, string>} narrowed */
  #fill(narrowed) {
    for (const field of this.#form.elements) {
      if (!(field instanceof HTMLInputElement || field instanceof HTMLSelectElement) || !NARROWING.includes(field.name)) continue;
      const value = narrowed[field.name] ?? "";
      // The server knew a label for what its page was asked for; another one says itself.
      if (field instanceof HTMLSelectElement && ![...field.options].some((option) => option.value === value)) field.append(new Option(value));
      field.value = value;
    }
  }
}
