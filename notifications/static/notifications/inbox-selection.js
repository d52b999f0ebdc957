/** Rows of the inbox page that are selected, by their ids: what is done with them is one act. */
import { part, say } from "./dom.js";
import { snoozeUntil } from "./snoozing.js";
import { actOnMany } from "./undoing.js";
import { selectedText } from "./words.js";

// As many as one act takes.
const MOST = 200;
const EDITABLE = "input:not([data-part=pick]), textarea, select, dialog, notification-bell";

export class InboxSelection {
  #page;
  #client;
  #layout;
  #form = part(document, "[data-bulk]", HTMLFormElement);
  #count = part(this.#form, "[data-picked]", HTMLElement);
  #said = part(document, "[data-picked-said]", HTMLElement);
  /** As they were known last. @type {Map<string, Inbox.Drawn>} */
  #picked = new Map();
  /** From where a range goes on. */
  #anchor = "";

  /** @param {HTMLElement} root @param {Inbox.SelectedPage} page @param {Inbox.Client} client */
  constructor(root, page, client) {
    this.#page = page;
    this.#client = client;
    this.#layout = /** @type {HTMLElement} */ (root.closest(".nb-inbox"));
    const all = part(this.#form, "[data-pick-all]", HTMLButtonElement);
    all.hidden = false;
    all.addEventListener("click", () => this.#all());
    this.#form.addEventListener("submit", (event) => this.#submitted(event));
    this.#form.addEventListener("reset", () => this.clear());
    document.addEventListener("keydown", (event) => this.#pressed(event), { capture: true });
    client.addEventListener("change", ({ detail }) => this.#forget(detail.removed));
    client.addEventListener("signedout", () => this.clear());
    // What was checked before this was loaded.
    for (const row of page.rows) if (row.isPicked) this.#add(row);
    this.#tell();
  }

  /** @param {string} id */
  has(id) {
    return this.#picked.has(id);
  }

  /** A box was checked or unchecked, or all from the last one to this one are asked for. @param {string} id @param {boolean} isRange */
  clicked(id, isRange) {
    const row = this.#page.rowOf(id);
    if (!row) return;
    if (isRange && this.#anchor && this.#anchor !== id) return this.extend(row);
    if (isRange) row.isPicked = true;
    this.#set(row, row.isPicked);
    this.#tell();
  }

  /** @param {Inbox.Row} row */
  toggle(row) {
    this.#set(row, !row.isPicked);
    this.#tell();
  }

  /** Selects all from where the selection began to there. @param {Inbox.Row} row @param {Inbox.Row} [from] */
  extend(row, from = this.#page.rowOf(this.#anchor)) {
    const { rows } = this.#page;
    const [first, last] = [rows.indexOf(from ?? row), rows.indexOf(row)].sort((a, b) => a - b);
    if (!this.#anchor) this.#anchor = (from ?? row).id;
    for (const one of rows.slice(first, last + 1)) this.#add(one);
    this.#tell();
  }

  /** Nothing is selected any more. */
  clear() {
    for (const id of this.#picked.keys()) this.#unpick(id);
    this.#anchor = "";
    this.#tell();
  }

  /** The list was drawn: who has left it is not selected any more. */
  redrawn() {
    if (!this.#picked.size) return;
    const ids = new Set(this.#page.rows.flatMap((row) => row.ids));
    for (const id of this.#picked.keys()) {
      const known = this.#page.known(id);
      if (known && ids.has(id)) this.#picked.set(id, known);
      else if (known) this.#unpick(id);
    }
    this.#tell();
  }

  #all() {
    for (const row of this.#page.rows) this.#add(row);
    this.#tell();
  }

  /** @param {Inbox.Row} row @param {boolean} isPicked */
  #set(row, isPicked) {
    this.#anchor = row.id;
    if (isPicked) this.#add(row);
    else for (const id of row.ids) this.#unpick(id);
  }

  /** All that is in it, as far as there is room. @param {Inbox.Row} row */
  #add(row) {
    for (const id of row.ids) {
      const known = this.#page.known(id);
      const isRoom = this.#picked.size < MOST || this.#picked.has(id);
      if (known && isRoom) this.#picked.set(id, known);
    }
    row.isPicked = row.ids.every((id) => this.#picked.has(id));
  }

  /** @param {string} id */
  #unpick(id) {
    this.#picked.delete(id);
    const row = this.#page.rowOf(id);
    if (row) row.isPicked = false;
  }

  /** @param {string[]} ids of what is no more */
  #forget(ids) {
    const gone = ids.filter((id) => this.#picked.delete(id));
    if (gone.length) this.#tell();
  }

  #tell() {
    const { size } = this.#picked;
    this.#layout.classList.toggle("picking", size > 0);
    say(this.#count, selectedText(size));
    say(this.#said, this.#said.textContent || size ? selectedText(size) : "");
  }

  /** @param {SubmitEvent} event */
  #submitted(event) {
    const { submitter } = event;
    if (this.#client.reason !== null || !(submitter instanceof HTMLButtonElement)) return;
    event.preventDefault();
    const { value } = submitter;
    const isSnooze = value.startsWith("snooze");
    const until = isSnooze ? snoozeUntil(value, "", this.#client.now()) ?? "" : "";
    for (const menu of this.#form.querySelectorAll("details")) menu.open = false;
    const shown = [...this.#picked.values()].map((one) => this.#client.inbox.view(one));
    const hadFocus = this.#form.contains(document.activeElement);
    this.clear();
    actOnMany(this.#client, this.#page.bar, /** @type {Inbox.RowOp} */ (isSnooze ? "snooze" : value), shown, until);
    // The bar has gone, and the focus would be nowhere.
    const { rows } = this.#page;
    const target = rows.find(({ id }) => shown.some((one) => one.id === id)) ?? rows[0];
    if (hadFocus) (target?.node ?? document.querySelector("h1"))?.focus();
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.key !== "Escape" || event.isComposing || event.defaultPrevented || !this.#picked.size) return;
    if (event.target instanceof Element && event.target.closest(EDITABLE)) return;
    if (document.querySelector(":popover-open, dialog[open]")) return;
    event.preventDefault();
    const hadFocus = this.#form.contains(document.activeElement);
    const [id] = this.#picked.keys();
    this.clear();
    if (hadFocus) (this.#page.rowOf(id) ?? this.#page.rows[0])?.node.focus();
  }
}
