import { BELL_STYLE, dress } from "./styles.js";
import { badgeText, bellName, titleWithCount } from "./text.js";

const SVG = "http://www.w3.org/2000/svg";
const BELL = "M12 2a7 7 0 0 0-7 7v4l-2 4h18l-2-4V9a7 7 0 0 0-7-7Zm-2.5 17a2.5 2.5 0 0 0 5 0Z";
/** <notification-bell unread="3"><a href="/inbox/">Notifications (3)</a></notification-bell> */
export class NotificationBellElement extends HTMLElement {
  static observedAttributes = ["unread", "unseen"];
  /** @type {(bell: NotificationBellElement) => Inbox.Client} */
  static clientOf;

  /** Once it is in a page. */
  client = /** @type {Inbox.Client} */ (/** @type {unknown} */ (null));
  #listening = new AbortController();
  /** @type {Promise<Inbox.BellDetails> | null} */
  #loading = null;
  /** @type {Inbox.BellDetails | undefined} */
  #details;
  #isReady = false;
  #button = make("button", { className: "bell", type: "button", hidden: true, ariaHasPopup: "dialog", ariaExpanded: "false" });
  #name = make("span", { className: "hidden" });
  #badge = make("span", { className: "badge", ariaHidden: "true" });
  // Live regions have to be there before they speak.
  #status = make("div", { className: "hidden", role: "status" });
  #alert = make("div", { className: "hidden", role: "alert" });

  get unreadCount() {
    return Number(this.getAttribute("unread"));
  }

  get unseenCount() {
    return Number(this.getAttribute("unseen"));
  }

  get state() {
    return this.client.state;
  }

  /** Null: none. */
  get inboxUrl() {
    return this.getAttribute("inbox-url") ?? (this.hasAttribute("token-url") ? null : new URL("/inbox/", this.client.url).href);
  }

  connectedCallback() {
    const client = (this.client ??= NotificationBellElement.clientOf(this));
    if (!this.shadowRoot) this.#build();
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    client.addEventListener("change", ({ detail }) => this.#changed(detail), { signal });
    client.addEventListener("state", () => this.#stateChanged(), { signal });
    client.addEventListener("notification", async ({ detail }) => (await this.#load()).announce([detail.notification]), { signal });
    client.addEventListener("summary", async ({ detail }) => (await this.#load()).announce(detail.notifications), { signal });
    client.addEventListener("error", async ({ detail }) => (await this.#load()).failed(detail), { signal });
    client.addEventListener("signedout", async ({ detail }) => (await this.#load()).signedOut(detail), { signal });
    this.#show();
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  attributeChangedCallback() {
    if (this.shadowRoot) this.#show();
  }

  async open() {
    try {
      (await this.#load()).panel.showPopover();
    } catch {
      if (this.inboxUrl) location.assign(this.inboxUrl);
    }
  }

  /** @typedef {string | string[]} Ids one or several */
  /** @param {Ids[]} ids */
  markSeen(...ids) {
    return this.client.markSeen(ids.flat());
  }

  /** @param {Ids[]} ids */
  markRead(...ids) {
    return this.client.markRead(ids.flat());
  }

  /** @param {Ids[]} ids */
  markUnread(...ids) {
    return this.client.markUnread(ids.flat());
  }

  /** @param {Ids[]} ids */
  archive(...ids) {
    return this.client.archive(ids.flat());
  }

  /** @param {Ids[]} ids */
  restore(...ids) {
    return this.client.restore(ids.flat());
  }

  markAllRead() {
    return this.client.markAllRead();
  }

  reconnect() {
    this.client.reconnect();
  }

  close() {
    this.#details?.panel.hidePopover();
  }

  /** @template {keyof Inbox.BellEvents} Name @param {Name} name @param {Inbox.BellEvents[Name]} detail */
  emit(name, detail, cancelable = false) {
    return this.dispatchEvent(new CustomEvent(`nb:${name}`, { detail, cancelable, bubbles: true, composed: true }));
  }

  #build() {
    const svg = document.createElementNS(SVG, "svg");
    const path = document.createElementNS(SVG, "path");
    svg.setAttribute("viewBox", "0 0 24 24");
    path.setAttribute("d", BELL);
    svg.append(path);
    this.#button.append(svg, this.#name, this.#badge);
    this.#button.addEventListener("click", () => this.#details || this.open());
    // Until its style is there, the link serves.
    const slot = make("slot", {});
    const show = () => {
      slot.hidden = true;
      this.#button.hidden = false;
    };
    const root = this.attachShadow({ mode: "open" });
    root.append(slot, this.#button, this.#status, this.#alert);
    dress(root, BELL_STYLE).then(show, () => {});
  }

  #load() {
    return (this.#loading ??= this.#loadDetails().finally(() => this.#details || (this.#loading = null)));
  }

  async #loadDetails() {
    const { BellDetails } = await import("./bell-details.js");
    const details = new BellDetails(this, this.#button, this.#status, this.#alert);
    await details.isStyled;
    return (this.#details = details);
  }

  /** @param {Inbox.ClientEvents["change"]} change */
  #changed({ isSnapshot, notifications, removed }) {
    const { counts, inbox } = this.client;
    for (const [name, count] of Object.entries(counts)) this.setAttribute(name, String(count));
    const source = isSnapshot || notifications.length + removed.length ? "stream" : "act";
    this.emit("change", { ...counts, revision: inbox.revision, source });
  }

  #stateChanged() {
    const { state, transport, leader, retryInMs, isReady } = this.client;
    this.emit("state", { state, transport, role: leader ? "follower" : "leader", retryIn: retryInMs });
    if (state === "live") this.#load();
    if (isReady && !this.#isReady) this.emit("ready", this.client.counts);
    this.#isReady = isReady;
  }

  #show() {
    this.#name.textContent = bellName(this.unreadCount, this.unseenCount);
    this.#badge.textContent = badgeText(this.unreadCount);
    this.#badge.classList.toggle("unseen", this.unseenCount > 0);
    if (this.hasAttribute("title-count")) document.title = titleWithCount(document.title, this.unreadCount);
  }
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Partial<HTMLElementTagNameMap[Tag]>} properties
 */
const make = (tag, properties) => Object.assign(document.createElement(tag), properties);
