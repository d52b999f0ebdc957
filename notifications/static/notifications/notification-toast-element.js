import { element, focused, part, place, say } from "./dom.js";
import { OnceAFrame } from "./once-a-frame.js";
import { about, actionLinks, avatar, labelled, linked } from "./row-parts.js";
import { TEXT, announcement, levelText, moreText } from "./words.js";
import { BELL_STYLE, DETAILS_STYLE, ROW_STYLE, dress } from "./styles.js";
import { ToastQueue } from "./toast-queue.js";

const NARROW = matchMedia("(width < 480px)");

/** Shows for a while what arrived. It is not live: a screen reader hears of it from the bell. */
export class NotificationToastElement extends HTMLElement {
  #queue;
  /** @type {Map<Inbox.Toast, HTMLElement>} */
  #nodes = new Map();
  #list = element("div", { className: "toasts nb-rows", part: "toasts" });
  #more;
  #refuge;
  #activation;
  #unfold;
  #listening = new AbortController();
  #redraw = new OnceAFrame(() => this.#render());

  /** @param {Inbox.ToastOptions} options */
  constructor({ clock, durationMs, refuge, activation, unfold }) {
    super();
    this.#activation = activation;
    this.#unfold = unfold;
    this.#refuge = refuge;
    this.#queue = new ToastQueue({ clock, durationMs, changed: () => this.#redraw.ask() });
    this.#more = this.#way(activation.inboxUrl, "more");
    this.#more.hidden = true;
    this.#more.part.add("toast-more");
    const root = this.attachShadow({ mode: "open" });
    root.append(this.#list, this.#more);
    dress(root, BELL_STYLE, ROW_STYLE, DETAILS_STYLE).catch(() => {});
  }

  connectedCallback() {
    this.popover = "manual";
    // So a page can style them at the bell.
    this.setAttribute("exportparts", "toasts, toast, toast-close, toast-more, item-title, item-body, item-actions");
    this.role = "group";
    this.ariaLabel = TEXT.heading;
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    const pause = () => this.#queue.setPaused(document.hidden || this.matches(":hover, :focus-within"));
    for (const type of ["pointerenter", "pointerleave", "focusin", "focusout"]) this.addEventListener(type, pause, { signal });
    document.addEventListener("visibilitychange", pause, { signal });
    document.addEventListener("keydown", (event) => this.#key(event), { signal });
    NARROW.addEventListener("change", () => this.#render(), { signal });
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  /** @param {Inbox.Notification[]} notifications @param {number} [durationMs] of each */
  show(notifications, durationMs) {
    if (durationMs) this.#queue.durationMs = durationMs;
    if (notifications.length === 1) this.#queue.add(notifications[0]);
    else this.#queue.addAll(notifications);
  }

  /** @param {string} text */
  showError(text) {
    this.#queue.addError(text);
  }

  /** @param {(notification: Inbox.Notification) => boolean} isOpen */
  dropTold(isOpen) {
    this.#queue.dropTold(isOpen);
  }

  #render() {
    this.#queue.limit = NARROW.matches ? 1 : 3;
    const { shown, moreCount } = this.#queue;
    const before = this.#nodes;
    this.#nodes = new Map(shown.map((toast) => [toast, before.get(toast) ?? this.#grown(before, toast) ?? this.#node(toast)]));
    const nodes = [...this.#nodes.values()];
    place(this.#list, nodes, this.#refuge);
    if (this.isConnected) this.togglePopover(nodes.length > 0);
    this.#more.hidden = !moreCount;
    this.#more.textContent = moreText(moreCount, this.#more instanceof HTMLAnchorElement);
  }

  /** @param {Inbox.Toast} toast */
  #node(toast) {
    const { notifications, level } = toast;
    const [one, ...others] = notifications;
    const isOne = one && !others.length;
    const text = toast.text ?? (isOne ? one.title : announcement(notifications));
    const title = element("div", { className: "nb-title", part: "item-title" }, this.#title(toast, text));
    const dismiss = labelled(element("button", { type: "button", className: "dismiss", part: "toast-close" }), "close", TEXT.dismiss, text);
    dismiss.addEventListener("click", () => this.#dismiss(dismiss));
    const line = element("p", { className: "nb-line", part: "item-body" }, element("span", { className: "nb-level", textContent: levelText(level) }));
    const picture = isOne ? avatar(one) : avatar({ sender: null, level: level === "error" ? "critical" : level });
    const node = element("div", { className: "toast nb-row", part: "toast" }, picture, title, line);
    if (isOne) this.#addContent(node, line, one);
    node.classList.toggle("nb-bare", !line.textContent.trim());
    node.append(dismiss);
    node.dataset.level = level;
    return node;
  }

  /** What summed up fewer until now: it says another number, and is where it was. @param {Map<Inbox.Toast, HTMLElement>} before @param {Inbox.Toast} toast */
  #grown(before, { key, notifications }) {
    const [, node] = [...before].find(([toast]) => toast.key === key) ?? [];
    if (!node) return undefined;
    const text = announcement(notifications);
    say(part(node, ".nb-title > *", HTMLElement), text);
    labelled(part(node, ".dismiss", HTMLButtonElement), "close", TEXT.dismiss, text);
    return node;
  }

  /** @param {HTMLElement} button of what it dismisses */
  #dismiss(button) {
    for (const [toast, node] of this.#nodes) if (node.contains(button)) this.#queue.dismiss(toast);
    this.#redraw.soon();
  }

  /** @param {HTMLElement} node @param {HTMLElement} line @param {Inbox.Notification} notification */
  #addContent(node, line, notification) {
    const links = element("div", { className: "nb-links", part: "item-actions" }, ...actionLinks(notification.actions));
    this.#activation.watch(links, () => notification);
    const said = element("span", { className: "nb-about" }, ...about(notification, this.#activation.labels));
    const body = element("span", { className: "nb-body", dir: "auto" }, ...linked(notification.body, { tabIndex: -1 }));
    line.append(" ", said, " ", body);
    node.append(links);
  }

  /** @param {Inbox.Toast} toast @param {string} text */
  #title({ notifications: [one, ...others] }, text) {
    const isOne = one && !others.length;
    const address = isOne ? this.#activation.addressOf(one) : this.#activation.inboxUrl;
    const title = one ? this.#way(address, "", isOne ? one : null) : element("p");
    return Object.assign(title, { dir: "auto", textContent: text });
  }

  /**
   * A link; to nowhere: a button that opens the panel.
   * @param {string | null} address
   * @param {string} className
   * @param {Inbox.Notification | null} [notification]
   */
  #way(address, className, notification = null) {
    const way = address === null ? element("button", { type: "button", className }) : element("a", { href: address, className });
    const open = () => address === null && this.#unfold(notification?.id);
    if (notification) this.#activation.watch(way, () => notification, open);
    else way.addEventListener("click", open);
    return way;
  }

  /** F8 goes to the toasts, Escape back to where one came from. @param {KeyboardEvent} event */
  #key({ key }) {
    const inside = this.matches(":focus-within");
    if (key === "Escape" && inside) this.#refuge.focus();
    if (key !== "F8" || inside) return;
    const from = focused();
    if (from && from !== document.body) this.#refuge = from;
    /** @type {HTMLElement | null} */
    const first = this.#list.querySelector("a, button");
    first?.focus();
  }
}
