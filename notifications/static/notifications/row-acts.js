/** What is done with rows of the inbox page: by buttons, menus and keys. */
import { part } from "./dom.js";
import { InboxRow } from "./inbox-row.js";
import { mute } from "./muting.js";
import { snoozeUntil } from "./snoozing.js";
import { act, actOnMany, markAllRead } from "./undoing.js";
import { TEXT, endOf } from "./words.js";

/** @type {Inbox.RowOp[]} */
const OPS = ["read", "unread", "archive", "restore", "save", "unsave"];

export class RowActs {
  #client;
  #listing;
  /** @type {Inbox.UndoBar | undefined} */
  bar;

  /** @param {Inbox.Client} client @param {Inbox.Listing} listing */
  constructor(client, listing) {
    this.#client = client;
    this.#listing = listing;
  }

  get isSignedOut() {
    return endOf(this.#client.reason) !== null;
  }

  /** @param {InboxRow} row @param {Inbox.RowOp} op @param {string} [until] */
  act(row, op, until = "") {
    // Without a sign-in nothing can be done, and the server knows what to say.
    if (this.isSignedOut) return location.reload();
    closeSheet(row);
    // What is open beside the list may have left it.
    const held = row.ids.flatMap((id) => this.#listing.get(id) ?? []).map((one) => this.#client.inbox.view(one));
    if (held.length > 1) actOnMany(this.#client, this.bar, op, held, until);
    else if (held.length) act(this.#client, this.bar, op, held[0], until);
  }

  /** @param {InboxRow} row @param {SubmitEvent} event */
  submit(row, event) {
    const { submitter } = event;
    if (!(submitter instanceof HTMLButtonElement)) return;
    const op = OPS.find((one) => one === submitter.value);
    const isSnooze = submitter.value.startsWith("snooze");
    const isMute = !op && !isSnooze && this.#mute(row, submitter.value);
    if (op || isSnooze || isMute) event.preventDefault();
    if (op) this.act(row, op);
    if (isSnooze) this.#snooze(row, submitter);
  }

  /** @param {SubmitEvent} event */
  submitAll(event) {
    if (this.isSignedOut) return;
    event.preventDefault();
    markAllRead(this.#client, this.bar);
  }

  /** @param {InboxRow} row @param {HTMLButtonElement} button */
  #snooze(row, { value }) {
    const input = part(row.node, "[name=until]", HTMLInputElement);
    const until = snoozeUntil(value, input.value, this.#client.now());
    part(row.node, "[data-part=refusal]", HTMLElement).textContent = until ? "" : TEXT.badUntil;
    input.ariaInvalid = String(!until);
    if (!until) return input.focus();
    input.value = "";
    closeMenu(row, "snooze");
    this.act(row, "snooze", until);
  }

  /** Of one that is not known whole here, the server is asked by its form. @param {InboxRow} row @param {string} op */
  #mute(row, op) {
    const held = this.#client.inbox.notifications.get(row.id) ?? this.#listing.get(row.id);
    const found = held && InboxRow.muteOf(held, op);
    if (!found || this.isSignedOut) return false;
    closeMenu(row, "mute");
    closeSheet(row);
    mute(this.#client, this.bar, found);
    return true;
  }
}

/** Where what can be done is behind a button. @param {InboxRow} row */
function closeSheet(row) {
  const sheet = row.node.querySelector(":popover-open");
  if (sheet instanceof HTMLElement) sheet.hidePopover();
}

/** What had the focus in it gives that to what opened it. @param {InboxRow} row @param {string} name */
function closeMenu(row, name) {
  const menu = part(row.node, `[data-part=${name}]`, HTMLDetailsElement);
  if (menu.contains(document.activeElement)) menu.querySelector("summary")?.focus();
  menu.open = false;
}
