/** Buttons that break this tab's connection, and what happened then. */
import { element, part } from "../dom.js";
import { gettext } from "../gettext.js";
import { dropAndReturn, takeOver } from "./drops.js";
import { tap } from "./wire-tap.js";

const MEMORY_MS = 1_000;
/** @type {Record<Diagnostics.DropKind, string>} */
const NAMES = {
  get cut() { return gettext("Dropped"); },
  get silence() { return gettext("Half-open"); },
  get refuse() { return gettext("WebSocket refused"); },
};
/** @type {Record<Diagnostics.DropKind, string>} */
const SAID = {
  get cut() { return gettext("The connection is cut…"); },
  get silence() {
    return gettext("Nothing gets through any more, and nobody says so. The client notices when the next heartbeat stays away, or when it asks.");
  },
  get refuse() { return gettext("WebSocket is refused in this tab; the client looks for another way…"); },
};

export class DropsPanel {
  /** Of the report. @type {string[]} */
  lines = [];
  #client;
  #api;
  #buttons;
  #askNow;
  #status;
  #list;
  #last = "";

  /** @param {HTMLElement} root @param {Inbox.Client} client @param {Pick<Inbox.Api, "page">} api */
  constructor(root, client, api) {
    this.#client = client;
    this.#api = api;
    this.#status = part(root, "[data-drop-status]", HTMLElement);
    this.#list = part(root, "[data-drops]", HTMLElement);
    this.#askNow = part(root, "[data-ask-now]", HTMLButtonElement);
    this.#askNow.addEventListener("click", () => client.wake());
    this.#buttons = /** @type {NodeListOf<HTMLButtonElement>} */ (root.querySelectorAll("[data-drop]"));
    for (const button of this.#buttons) button.addEventListener("click", () => this.#drop(/** @type {Diagnostics.DropKind} */ (button.dataset.drop)));
  }

  /** @param {Diagnostics.DropKind} kind */
  async #drop(kind) {
    if (this.#buttons[0].ariaDisabled === "true") return undefined;
    if (kind === "refuse" && tap.isRefusing) return this.#allow();
    this.#setDisabled(true);
    // What is said now stands there until the next time.
    if (this.#last) this.#list.prepend(element("li", { textContent: this.#last }));
    this.#status.textContent = this.#client.leader ? gettext("Another tab holds the connection; this one takes it over…") : SAID[kind];
    if (!(await takeOver(this.#client, navigator.locks))) {
      this.#end(kind, gettext("This tab could not take the connection over. Try it in the tab that holds it."));
    } else if (kind !== "refuse" && !tap.sockets.size) {
      this.#end(kind, gettext("This tab has no WebSocket that could be broken."));
    } else {
      this.#status.textContent = SAID[kind];
      this.#askNow.hidden = kind !== "silence";
      this.#end(kind, await dropAndReturn(this.#client, tap, kind, this.#api));
    }
    return undefined;
  }

  /** Lets WebSocket be the first choice again, in what this browser remembers too. */
  #allow() {
    tap.isRefusing = false;
    const key = `nb:transport:${this.#client.url}`;
    try {
      localStorage.setItem(key, JSON.stringify({ transport: "ws", until: Date.now() + MEMORY_MS }));
      this.#client.reconnect();
      setTimeout(() => localStorage.removeItem(key), MEMORY_MS);
    } catch {
      this.#client.reconnect(); // nothing is remembered
    }
    this.#status.textContent = gettext("WebSocket is allowed again.");
    this.#label();
    return undefined;
  }

  /** @param {Diagnostics.DropKind} kind @param {string} text */
  #end(kind, text) {
    this.#askNow.hidden = true;
    this.#setDisabled(false);
    this.#status.textContent = this.#last = `${NAMES[kind]}: ${text}`;
    this.lines.push(`${new Date().toISOString()} ${this.#last}`);
    this.#label();
  }

  #label() {
    for (const button of this.#buttons) {
      if (button.dataset.drop === "refuse") button.textContent = tap.isRefusing ? gettext("Allow WebSocket again") : gettext("Refuse WebSocket in this tab");
    }
  }

  /** Without it the focus would be lost: what is pressed meanwhile does nothing. @param {boolean} isDisabled */
  #setDisabled(isDisabled) {
    for (const button of this.#buttons) button.setAttribute("aria-disabled", String(isDisabled));
  }
}
