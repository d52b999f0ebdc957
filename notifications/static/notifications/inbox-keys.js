import { element } from "./dom.js";
import { TEXT } from "./words.js";

const EDITABLE = "input:not([data-part=pick]), textarea, select, [contenteditable], dialog, notification-bell";

/**
 * The keys of the inbox page. Those of a feed always work; single letters can be switched off, since
 * who speaks to their computer types them by accident.
 */
export class InboxKeys {
  #page;
  #chosen;
  /** @type {HTMLDialogElement | undefined} */
  #dialog;
  button = element("button", { type: "button", className: "shortcuts", textContent: TEXT.shortcuts });

  /** @param {Inbox.KeyedPage} page @param {Inbox.Chosen} chosen */
  constructor(page, chosen) {
    this.#page = page;
    this.#chosen = chosen;
    this.button.addEventListener("click", () => this.#help());
    document.addEventListener("keydown", (event) => this.#pressed(event));
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.isComposing || event.defaultPrevented || event.altKey || event.metaKey) return;
    if (event.target instanceof Element && event.target.closest(EDITABLE)) return;
    const { current } = this.#page;
    const act = event.ctrlKey ? this.#jump(event, current) : this.#move(event, current) ?? this.#letter(shortcut(event), current);
    if (!act) return;
    event.preventDefault();
    act();
  }

  /** @typedef {(() => void) | undefined} Reaction none: the key is not ours */

  /** @param {KeyboardEvent} event @param {Inbox.Row | undefined} current @returns {Reaction} */
  #jump({ key }, current) {
    if (!current) return undefined;
    if (key === "Home") return () => document.querySelector("h1")?.focus();
    return key === "End" ? () => this.button.focus() : undefined;
  }

  /** @param {KeyboardEvent} event @param {Inbox.Row | undefined} current @returns {Reaction} */
  #move({ key, target, shiftKey }, current) {
    if (!current) return undefined;
    if (key === "PageDown") return () => this.#step(1);
    if (key === "PageUp") return () => this.#step(-1);
    if (target !== current.node) return undefined;
    if (key === "ArrowDown") return () => this.#step(1, shiftKey);
    if (key === "ArrowUp") return () => this.#step(-1, shiftKey);
    return key === "Enter" ? () => current.open() : undefined;
  }

  /** @param {string | null} key @param {Inbox.Row | undefined} current @returns {Reaction} */
  #letter(key, current) {
    const page = this.#page;
    if (!key || !this.#chosen.keys) return undefined;
    /** @type {Record<string, Reaction>} */
    const anywhere = {
      j: () => this.#step(1),
      k: () => this.#step(-1),
      z: () => page.bar?.undo(),
      "/": () => page.search(),
      "?": () => this.#help(),
    };
    return anywhere[key] ?? (current && this.#onRow(key, current));
  }

  /** @param {string} key @param {Inbox.Row} row @returns {Reaction} */
  #onRow(key, row) {
    const page = this.#page;
    /** @param {Inbox.RowOp} op */
    const act = (op) => () => page.act(row, op);
    /** @type {Record<string, Reaction>} */
    const onIt = {
      o: () => row.open(),
      e: act("archive"),
      b: () => row.offer("snooze"),
      t: () => page.unfold(row),
      x: () => page.select(row),
      m: () => row.offer("mute"),
      s: act(row.isSaved ? "unsave" : "save"),
      u: act(row.isUnread ? "read" : "unread"),
      "Shift I": act("read"),
      "Shift U": act("unread"),
    };
    return onIt[key];
  }

  /** @param {number} by @param {boolean} [selects] all on the way */
  #step(by, selects = false) {
    const { rows, current } = this.#page;
    const at = current ? rows.indexOf(current) + by : 0;
    const row = rows[Math.max(0, Math.min(at, rows.length - 1))];
    row?.node.focus();
    if (selects && row && current) this.#page.extend(row, current);
  }

  async #help() {
    const { shortcutsDialog } = await import("./shortcuts-dialog.js");
    this.#dialog ??= shortcutsDialog(this.button, this.#chosen);
    if (!this.#dialog.open) this.#dialog.showModal();
  }
}

/**
 * Which of shortcuts was pressed, if any. A Latin letter counts as it is printed on its key; where a
 * key has another one, by its place on the keyboard. Caps Lock changes nothing.
 * @param {{key: string, code: string, shiftKey: boolean}} event
 * @returns {string | null}
 */
export function shortcut({ key, code, shiftKey }) {
  // The last is what a Russian keyboard has where others have it.
  if (key === "?" || key === "؟" || (key === "," && code === "Slash" && shiftKey)) return "?";
  if (key === "/") return "/";
  const letter = /^[a-z]$/i.test(key) ? key : isBeyondAscii(key) ? code.match(/^Key([A-Z])$/)?.[1] : null;
  return letter ? (shiftKey ? `Shift ${letter.toUpperCase()}` : letter.toLowerCase()) : null;
}

/** Whether it is one character, and none that every keyboard of old has. @param {string} key */
const isBeyondAscii = (key) => [...key].length === 1 && (key.codePointAt(0) ?? 0) > 0x7f;
