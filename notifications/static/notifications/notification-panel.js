import { element, place } from "./dom.js";
import { isUnread } from "./inbox-state.js";
import { SeenObserver } from "./seen-observer.js";
import { STATES, TEXT, levelText } from "./words.js";
import { absoluteTime, relativeTime } from "./time.js";

const LIMIT = 10;
const TICK_MS = 60_000;
const GAP_PX = 8;
const BY_TRANSPORT = {
  sse: ", by server-sent events. WebSocket is blocked here.",
  poll: ", by long polling. WebSocket is blocked here.",
};

/** What a bell opens: the latest notifications. No landmarks, for a shadow root is part of its page. */
export class NotificationPanel {
  #client;
  #button;
  #inboxUrl;
  #seen;
  #tick;
  #rows = new Map();
  #heading = element("h2", { id: "heading", tabIndex: -1, textContent: TEXT.heading });
  #markAll = element("button", { type: "button", textContent: TEXT.markAll });
  #notice = element("p", { className: "notice" });
  #list = element("ul");
  #empty = element("p", { className: "empty" });
  #connection = element("span", { className: "connection" });

  /** @param {{client: Inbox.Client, button: HTMLButtonElement, inboxUrl: string}} options */
  constructor({ client, button, inboxUrl }) {
    this.#client = client;
    this.#button = button;
    this.#inboxUrl = inboxUrl;
    this.#seen = new SeenObserver(client);
    const link = element("a", { href: inboxUrl, textContent: TEXT.openInbox });
    this.node = element(
      "div",
      { id: "panel", className: "panel", popover: "auto", role: "dialog" },
      element("div", { className: "head" }, this.#heading, this.#markAll),
      this.#notice,
      element("div", { className: "scroll" }, this.#list, this.#empty),
      element("div", { className: "foot" }, link, this.#connection),
    );
    this.node.setAttribute("aria-labelledby", "heading");
    button.setAttribute("aria-controls", "panel");
    button.popoverTargetElement = this.node;
    this.#markAll.addEventListener("click", () => client.markAllRead());
    this.node.addEventListener("toggle", ({ newState }) => this.#toggled(newState === "open"));
    client.addEventListener("change", () => this.#isOpen && this.#showList());
    // Signed out first and then somebody else's, it is stopped all the while: `state` says it once.
    for (const type of ["state", "signedout"]) client.addEventListener(type, () => this.#showState());
    this.#showState();
  }

  get #isOpen() {
    return this.node.matches(":popover-open");
  }

  #toggled(isOpen) {
    this.#button.ariaExpanded = String(isOpen);
    clearInterval(this.#tick);
    if (isOpen) {
      this.#showList();
      this.#position();
      this.#heading.focus();
      this.#tick = setInterval(() => this.#showList(), TICK_MS);
    } else if ([null, document.body, this.node.getRootNode().host].includes(document.activeElement)) {
      // The browser leaves the focus on the body; elsewhere its user has put it.
      this.#button.focus();
    }
  }

  /** Below the bell, and wholly on the screen. It scrolls with the page. */
  #position() {
    const bell = this.#button.getBoundingClientRect();
    const width = this.node.offsetWidth;
    const room = document.documentElement.clientWidth - width - GAP_PX;
    const start = bell.right - width < GAP_PX ? bell.left : bell.right - width;
    this.node.style.left = `${scrollX + Math.max(GAP_PX, Math.min(start, room))}px`;
    this.node.style.top = `${scrollY + bell.bottom + GAP_PX}px`;
  }

  #showList() {
    const latest = this.#client.reason ? [] : this.#client.inbox.latest(LIMIT);
    this.#rows = new Map(latest.map(({ id }) => [id, this.#rows.get(id) ?? this.#row(id)]));
    for (const notification of latest) this.#rows.get(notification.id).show(notification);
    place(this.#list, [...this.#rows.values()].map(({ node }) => node), this.#heading);
    this.#empty.hidden = latest.length > 0 || this.#client.reason !== null;
    this.#empty.textContent = this.#client.isReady ? TEXT.empty : TEXT.loading;
  }

  #showState() {
    const { state, reason, isReady, transport } = this.#client;
    this.#connection.dataset.state = state;
    const text = STATES[isReady && state === "connecting" ? "waiting" : state];
    this.#connection.textContent = state === "live" ? text + (BY_TRANSPORT[transport] ?? "") : text;
    const link = element("a", { href: location.href, textContent: TEXT[reason] });
    this.#notice.replaceChildren(...(STATES[reason] ? [STATES[reason], " ", link] : []));
    this.#markAll.disabled = reason !== null;
    this.#showList();
  }

  #row(id) {
    const open = element("a", { className: "title", dir: "auto", href: `${this.#inboxUrl}${encodeURIComponent(id)}/` });
    const state = element("span", { className: "hidden" });
    const body = element("p", { className: "body", dir: "auto" });
    const level = element("span", { className: "level" });
    const time = element("time");
    const toggle = actButton(() => (node.className ? this.#client.markRead([id]) : this.#client.markUnread([id])));
    const archive = actButton(() => this.#client.archive([id]));
    const meta = element("div", { className: "meta" }, level, time, toggle.node, archive.node);
    const node = element("li", {}, open, state, body, meta);
    open.addEventListener("click", () => node.className && this.#client.markRead([id]));
    const show = (notification) => {
      const unread = isUnread(notification);
      node.className = unread ? "unread" : "";
      node.dataset.level = notification.level;
      open.textContent = notification.title;
      state.textContent = unread ? ", unread" : "";
      body.textContent = notification.body;
      level.textContent = levelText(notification.level);
      time.dateTime = notification.arrived_at;
      time.title = absoluteTime(notification.arrived_at);
      time.textContent = relativeTime(notification.arrived_at, this.#client.now());
      toggle.label(unread ? TEXT.read : TEXT.unread, notification.title);
      archive.label(TEXT.archive, notification.title);
      this.#seen.watch(node, notification);
    };
    return { node, show };
  }
}

/** There are many such buttons: the name of each goes on with what it acts on. */
function actButton(act) {
  const about = element("span", { className: "hidden" });
  const text = element("span");
  const node = element("button", { type: "button" }, text, about);
  node.addEventListener("click", act);
  const label = (what, title) => {
    text.textContent = what;
    about.textContent = `: ${title}`;
  };
  return { node, label };
}
