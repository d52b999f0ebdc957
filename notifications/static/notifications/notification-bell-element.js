import { number, word } from "./attributes.js";
import { NotificationElement } from "./notification-element.js";
import { OnceAFrame } from "./once-a-frame.js";
import { BELL_STYLE, dress } from "./styles.js";
import { badgeText, bellName, titleWithCount } from "./text.js";

const SVG = "http://www.w3.org/2000/svg";
const BELL = "M12 2a7 7 0 0 0-7 7v4l-2 4h18l-2-4V9a7 7 0 0 0-7-7Zm-2.5 17a2.5 2.5 0 0 0 5 0Z";

/** <notification-bell unread="3"><a href="/inbox/">Notifications (3)</a></notification-bell> @extends {NotificationElement<Inbox.BellDetails>} @implements {Inbox.BellElement} */
export class NotificationBellElement extends NotificationElement {
  /** @override */
  static observedAttributes = [
    ...NotificationElement.observedAttributes,
    ...["unread", "unseen", "revision", "badge", "max", "limit", "title-count", "favicon", "toasts", "toast-duration", "toast-position", "sound"],
  ];

  /** @type {Inbox.BellDetails | undefined} */
  #details;
  #isReady = false;
  #redraw = new OnceAFrame(() => this.#show());
  #button = make("button", { className: "bell", type: "button", hidden: true, ariaHasPopup: "dialog", ariaExpanded: "false" });
  #name = make("span", { className: "hidden" });
  #badge = make("span", { className: "badge", ariaHidden: "true" });
  // Live regions have to be there before they speak.
  #status = make("div", { className: "hidden", role: "status" });
  #alert = make("div", { className: "hidden", role: "alert" });
  get unreadCount() {
    return number(this, "unread");
  }

  get unseenCount() {
    return number(this, "unseen");
  }

  /** @override */
  redraw() {
    this.#details?.redraw();
  }

  /** @override @param {AbortSignal} signal */
  joined(signal) {
    if (!this.shadowRoot) this.#build();
    const { client } = this;
    client.addEventListener("change", ({ detail }) => this.#changed(detail), { signal });
    client.addEventListener("state", () => this.#stateChanged(), { signal });
    /** @param {(details: Inbox.BellDetails) => void} how */
    const tell = (how) => void this.load().then(how, () => {});
    client.addEventListener("notification", ({ detail }) => tell((details) => details.announce([detail.notification])), { signal });
    client.addEventListener("summary", ({ detail }) => tell((details) => details.announce(detail.notifications)), { signal });
    client.addEventListener("error", ({ detail }) => tell((details) => details.failed(detail)), { signal });
    client.addEventListener("signedout", ({ detail }) => tell((details) => details.signedOut(detail)), { signal });
    // The client may be older than the tag, and know more than it says.
    if (client.isReady) this.#count();
    if (client.isReady) queueMicrotask(() => this.isConnected && this.#stateChanged());
    this.#show();
  }

  /** @override */
  left() {
    this.#details?.leave();
    this.#details = undefined;
    this.#button.popoverTargetElement = null;
    this.#isReady = false;
  }

  /** @override @param {string} name */
  changed(name) {
    this.#redraw.ask();
    if (name === "title-count" && !this.hasAttribute(name)) document.title = titleWithCount(document.title, 0);
    // Each arrival changes those, by which nothing else is drawn.
    if (!(name in this.client.counts)) this.#details?.attributeChanged(name);
  }

  async open() {
    try {
      (await this.load()).panel.showPopover();
    } catch {
      if (this.inboxUrl) location.assign(this.inboxUrl);
    }
  }

  async close() {
    this.#details?.panel.hidePopover();
  }

  #build() {
    const svg = document.createElementNS(SVG, "svg");
    const path = document.createElementNS(SVG, "path");
    svg.setAttribute("viewBox", "0 0 24 24");
    path.setAttribute("d", BELL);
    svg.append(path);
    const icon = make("slot", { name: "icon" });
    icon.append(svg);
    this.#button.append(icon, this.#name, this.#badge);
    this.#button.part.add("button");
    this.#badge.part.add("badge");
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

  /** @override @param {AbortSignal} signal */
  async loadLater(signal) {
    const { BellDetails } = await import("./bell-details.js");
    this.mustBeHere(signal);
    const details = new BellDetails(this, { button: this.#button, status: this.#status, alert: this.#alert, signal });
    await details.isStyled;
    if (signal.aborted) return details;
    this.#details = details;
    // Not before: a click until now has been answered by `open`, and a second way would open it again.
    this.#button.popoverTargetElement = details.panel;
    return details;
  }

  /** @param {Inbox.ClientEvents["change"]} change */
  #changed({ isSnapshot, notifications, removed }) {
    const { counts, inbox } = this.client;
    this.#count();
    const source = isSnapshot || notifications.length + removed.length ? "stream" : "act";
    this.emit("change", { ...counts, revision: inbox.revision, source });
  }

  #count() {
    for (const [name, count] of Object.entries(this.client.counts)) this.setAttribute(name, String(count));
  }

  #stateChanged() {
    const { state, transport, leader, retryInMs, isReady } = this.client;
    this.emit("state", { state, transport, role: leader ? "follower" : "leader", retryIn: retryInMs });
    if (state === "live") this.load().catch(() => {});
    if (isReady && !this.#isReady) this.emit("ready", this.client.counts);
    this.#isReady = isReady;
  }

  #show() {
    const { unreadCount: unread, unseenCount: unseen } = this;
    const [kind, max] = [word(this, "badge"), number(this, "max")];
    const count = kind === "unseen" ? unseen : unread;
    this.#name.textContent = bellName(unread, unseen);
    this.#badge.textContent = kind === "dot" ? "" : badgeText(count, max);
    this.#badge.hidden = kind === "none" || !count;
    this.#badge.classList.toggle("dot", kind === "dot");
    this.#badge.classList.toggle("unseen", unseen > 0);
    if (this.hasAttribute("title-count")) document.title = titleWithCount(document.title, unread);
  }
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Partial<HTMLElementTagNameMap[Tag]>} properties
 */
const make = (tag, properties) => Object.assign(document.createElement(tag), properties);
