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
  /** @type {Inbox.RenderItem | null} */
  #renderItem = null;

  /** Draws what is inside a row, in place of ours; null: we do. */
  get renderItem() {
    return this.#renderItem;
  }

  set renderItem(render) {
    this.#renderItem = render;
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
    return new InboxView(this, signal);
  }
}
