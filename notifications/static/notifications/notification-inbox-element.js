import { NotificationElement } from "./notification-element.js";

/** What it takes over from the page's bell, unless it names an inbox itself. */
const OF_BELL = ["src", "token-url", "user", "epoch", "inbox-url", "csrf-cookie", "categories", "preferences"];

/** <notification-inbox><a href="/inbox/">Notifications</a></notification-inbox>: the whole list, within a page. @extends {NotificationElement<Inbox.InboxView>} @implements {Inbox.InboxElement} */
export class NotificationInboxElement extends NotificationElement {
  /** @override */
  static observedAttributes = [...NotificationElement.observedAttributes, "limit"];

  /** @type {Inbox.InboxView | undefined} */
  #view;

  /** @override */
  redraw() {
    this.#view?.redraw();
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
    // Without it the link stays.
    this.load().catch(() => {});
  }

  /** @override */
  left() {
    this.#view = undefined;
  }

  /** @override @param {AbortSignal} signal */
  async loadLater(signal) {
    const { InboxView } = await import("./inline-inbox.js");
    this.mustBeHere(signal);
    this.#view = new InboxView(this, signal);
    return this.#view;
  }
}
