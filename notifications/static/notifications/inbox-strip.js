import { element } from "./dom.js";
import { Lateness } from "./inbox-lateness.js";
import { TEXT, endOf } from "./words.js";

/** Says above the list when what it shows may be old, and when it can be shown no longer. */
export class ConnectionStrip {
  #client;
  #lateness;
  #said = "";
  node = element("p", { className: "strip", role: "status" });

  /** @param {Inbox.Client} client */
  constructor(client) {
    this.#client = client;
    this.#lateness = new Lateness(client, () => this.#show());
    for (const type of /** @type {const} */ (["state", "signedout"])) client.addEventListener(type, () => this.#show());
    this.#show();
  }

  #show() {
    const ended = endOf(this.#client.reason);
    const said = ended?.text ?? this.#lateness?.text ?? "";
    // Or a screen reader would hear it again.
    if (said === this.#said) return;
    this.#said = said;
    const way = ended ? element("a", { href: location.href, textContent: ended.way }) : this.#tryNow();
    this.node.replaceChildren(...(said ? [said, " ", way] : []));
  }

  #tryNow() {
    const again = element("button", { type: "button", textContent: TEXT.tryNow });
    again.addEventListener("click", () => this.#client.wake());
    return again;
  }
}
