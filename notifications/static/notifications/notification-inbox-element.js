import { NotificationElement } from "./notification-element.js";

/** What it takes over from the page's bell, unless it names an inbox itself. */
const OF_BELL = ["src", "token-url", "user", "epoch", "inbox-url", "csrf-cookie", "categories", "preferences"];

/** <notification-inbox><a href="/inbox/">Notifications</a></notification-inbox>: the whole list, within a page. @implements {Inbox.InboxElement} */
export class NotificationInboxElement extends NotificationElement {
  /** @override */
  static observedAttributes = [...NotificationElement.observedAttributes, "limit"];

  #listening = new AbortController();
  /** @type {Promise<Inbox.InboxView> | null} */
  #loading = null;

  /** @override */
  redraw() {
    this.#loading?.then((view) => view.redraw(), () => {});
  }

  /** @override */
  connectedCallback() {
    const bell = OF_BELL.slice(0, 3).some((name) => this.hasAttribute(name)) ? null : document.querySelector("notification-bell");
    for (const name of OF_BELL) {
      const said = bell?.getAttribute(name) ?? null;
      if (said !== null && !this.hasAttribute(name)) this.setAttribute(name, said);
    }
    super.connectedCallback();
  }

  /** @override */
  joined() {
    if (!this.shadowRoot) this.attachShadow({ mode: "open" }).append(document.createElement("slot"));
    this.#listening = new AbortController();
    // Without it the link stays.
    this.load().catch(() => {});
  }

  /** @override */
  left() {
    this.#listening.abort();
    this.#loading = null;
  }

  /** @override */
  load() {
    const loading = (this.#loading ??= this.#loadView());
    loading.catch(() => (this.#loading = null));
    return loading;
  }

  async #loadView() {
    const { signal } = this.#listening;
    const { InboxView } = await import("./inline-inbox.js");
    // A framework may have taken it away meanwhile, and put it back.
    if (signal.aborted) throw new Error("It has left its page.");
    return new InboxView(this, signal);
  }
}
