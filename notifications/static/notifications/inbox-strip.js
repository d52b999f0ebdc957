import { element } from "./dom.js";
import { STATES, TEXT } from "./words.js";

const LATE_AFTER_MS = 5_000;

/** Says above the list when what it shows may be old, and when it can be shown no longer. */
export class ConnectionStrip {
  #client;
  #timer;
  node = element("p", { className: "strip", role: "status" });

  /** @param {Inbox.Client} client */
  constructor(client) {
    this.#client = client;
    for (const type of ["state", "signedout"]) client.addEventListener(type, () => this.#show());
    this.#show();
  }

  #show() {
    const { state, reason } = this.#client;
    clearTimeout(this.#timer);
    this.node.replaceChildren();
    if (STATES[reason]) this.node.append(STATES[reason], " ", element("a", { href: location.href, textContent: TEXT[reason] }));
    else if (state !== "live" && state !== "stopped") this.#timer = setTimeout(() => this.#showLate(), LATE_AFTER_MS);
  }

  #showLate() {
    const again = element("button", { type: "button", textContent: TEXT.tryNow });
    again.addEventListener("click", () => this.#client.wake());
    this.node.append(TEXT.late, " ", again);
  }
}
