import { channel } from "./channels.js";

/** Which of a user's tabs is looked at, so that one of them shows what is new. */
export class TabFocus {
  #name;
  /** @type {BroadcastChannel | null} */
  #channel = null;
  /** The tab that had the focus last, if not this one. */
  #isElsewhere = false;

  /** @param {string} name of the channel @param {AbortSignal} signal ends it */
  constructor(name, signal) {
    this.#name = name;
    this.#open();
    addEventListener("focus", () => this.#tell(true), { signal });
    addEventListener("blur", () => this.#tell(false), { signal });
    // What is said to a cached page evicts it.
    addEventListener("pagehide", () => this.#close(), { signal });
    addEventListener("pageshow", () => this.#open(), { signal });
    signal.addEventListener("abort", () => this.#close());
  }

  /** In a hidden tab a toast would be gone before anybody saw it. @param {boolean} isSpare where no tab has the focus */
  isOurs(isSpare) {
    return !document.hidden && (document.hasFocus() || (isSpare && !this.#isElsewhere));
  }

  /** Whether no tab is looked at. */
  isNowhere() {
    return !document.hasFocus() && !this.#isElsewhere;
  }

  #open() {
    this.#channel ??= channel(this.#name);
    this.#channel.onmessage = (/** @type {MessageEvent<boolean | "who">} */ { data }) => this.#hear(data);
    if (document.hasFocus()) this.#tell(true);
    // It may have had the focus since long before we came.
    else this.#channel.postMessage("who");
  }

  /** @param {boolean | "who"} said */
  #hear(said) {
    if (said !== "who") this.#isElsewhere = said;
    else if (document.hasFocus()) this.#tell(true);
  }

  #close() {
    this.#tell(false);
    this.#channel?.close();
    this.#channel = null;
  }

  /** @param {boolean} hasFocus */
  #tell(hasFocus) {
    if (hasFocus) this.#isElsewhere = false;
    this.#channel?.postMessage(hasFocus);
  }
}
