import { element, place } from "./dom.js";
import { OnceAFrame } from "./once-a-frame.js";
import { PanelRow } from "./panel-row.js";
import { SeenObserver } from "./seen-observer.js";
import { UndoBar } from "./inbox-undo.js";
import { markAllRead } from "./undoing.js";
import { STATES, TEXT, endOf } from "./words.js";

const LIMIT = 10;
const TICK_MS = 60_000;
const GAP_PX = 8;
/** @type {Partial<Record<Inbox.TransportName | "", string>>} */
const BY_TRANSPORT = {
  sse: ", by server-sent events. WebSocket is blocked here.",
  poll: ", by long polling. WebSocket is blocked here.",
};

/** What a bell opens: the latest notifications. No landmarks, for a shadow root is part of its page. */
export class NotificationPanel {
  #client;
  #button;
  #activation;
  #seen;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #tick;
  /** While it is open. @type {AbortController | undefined} */
  #moving;
  /** @type {Map<string, PanelRow>} by the ids of what they show */
  #rows = new Map();
  #heading = element("h2", { id: "heading", tabIndex: -1, textContent: TEXT.heading });
  #markAll = element("button", { type: "button", textContent: TEXT.markAll });
  #notice = element("p", { className: "notice" });
  #list = element("ul", { className: "nb-rows" });
  #empty = element("p", { className: "empty" });
  #connection = element("span", { className: "connection" });
  #undo = new UndoBar();

  /** @param {{client: Inbox.Client, button: HTMLButtonElement, activation: Inbox.Activation}} options */
  constructor({ client, button, activation }) {
    this.#client = client;
    this.#button = button;
    this.#activation = activation;
    this.#seen = new SeenObserver(client);
    const { inboxUrl } = activation;
    const links = inboxUrl ? [element("a", { href: inboxUrl, textContent: TEXT.openInbox })] : [];
    this.node = element(
      "div",
      { id: "panel", className: "panel", popover: "auto", role: "dialog" },
      element("div", { className: "head" }, this.#heading, this.#markAll),
      this.#notice,
      element("div", { className: "scroll" }, this.#list, this.#empty),
      this.#undo.node,
      element("div", { className: "foot" }, ...links, this.#connection),
    );
    this.node.setAttribute("aria-labelledby", "heading");
    button.setAttribute("aria-controls", "panel");
    button.popoverTargetElement = this.node;
    this.#markAll.addEventListener("click", () => markAllRead(client, this.#undo));
    this.node.addEventListener("toggle", ({ newState }) => this.#toggled(newState === "open"));
    const redraw = new OnceAFrame(() => this.#isOpen && this.#showList());
    client.addEventListener("change", () => redraw.ask());
    // Signed out first and then somebody else's, it is stopped all the while: `state` says it once.
    for (const type of /** @type {const} */ (["state", "signedout"])) client.addEventListener(type, () => this.#showState());
    this.#showState();
  }

  get #host() {
    const root = this.node.getRootNode();
    return root instanceof ShadowRoot ? root.host : null;
  }

  get #isOpen() {
    return this.node.matches(":popover-open");
  }

  /** Opens it, and one of its rows. @param {string} [id] */
  unfold(id) {
    this.node.togglePopover(true);
    this.#showList();
    const row = this.#rows.get(id ?? "");
    row?.unfold();
    row?.node.scrollIntoView({ block: "nearest" });
  }

  /** @param {boolean} isOpen */
  #toggled(isOpen) {
    this.#button.ariaExpanded = String(isOpen);
    clearInterval(this.#tick);
    this.#moving?.abort();
    if (isOpen) {
      this.#showList();
      this.#stayAtBell();
      this.#heading.focus({ preventScroll: true });
      this.#tick = setInterval(() => this.#showList(), TICK_MS);
    } else if ([null, document.body, this.#host].includes(document.activeElement)) {
      // The browser leaves the focus on the body; elsewhere its user has put it.
      this.#button.focus();
    }
  }

  /** Wherever that goes: it may scroll with its page, or stay in a header that does not. */
  #stayAtBell() {
    const { signal } = (this.#moving = new AbortController());
    const move = () => this.#position();
    for (const type of ["scroll", "resize"]) addEventListener(type, move, { signal, capture: true, passive: true });
    move();
  }

  /** Below the bell, or where there is no room above it; and as far as the bell is, wholly on the screen. */
  #position() {
    const bell = this.#button.getBoundingClientRect();
    const { clientWidth, clientHeight } = document.documentElement;
    const { offsetWidth: width, offsetHeight: height } = this.node;
    const start = bell.right - width < GAP_PX ? bell.left : bell.right - width;
    const above = bell.top - GAP_PX - height;
    const below = bell.bottom + GAP_PX;
    const fits = below + height <= clientHeight || above < 0;
    this.node.style.left = `${Math.max(GAP_PX, Math.min(start, clientWidth - width - GAP_PX))}px`;
    this.node.style.top = `${fits ? below : above}px`;
  }

  #showList() {
    const latest = this.#client.reason ? [] : this.#client.inbox.latest(LIMIT);
    this.#rows = new Map(latest.map((notification) => [notification.id, this.#row(notification)]));
    place(this.#list, [...this.#rows.values()].map(({ node }) => node), this.#heading);
    this.#empty.hidden = latest.length > 0 || this.#client.reason !== null;
    this.#empty.textContent = this.#client.isReady ? TEXT.empty : TEXT.loading;
  }

  #showState() {
    const { state, reason, isReady, transport } = this.#client;
    this.#connection.dataset.state = state;
    const text = STATES[isReady && state === "connecting" ? "waiting" : state];
    this.#connection.textContent = state === "live" ? text + (BY_TRANSPORT[transport] ?? "") : text;
    const ended = endOf(reason);
    const link = element("a", { href: location.href, textContent: ended?.way });
    this.#notice.replaceChildren(...(ended ? [ended.text, " ", link] : []));
    this.#markAll.disabled = reason !== null;
    this.#showList();
  }

  /** @param {Inbox.Notification} notification */
  #row(notification) {
    const options = { client: this.#client, activation: this.#activation, undo: this.#undo, notification };
    const row = this.#rows.get(notification.id) ?? new PanelRow(options);
    row.show(notification);
    this.#seen.watch(row.node, notification);
    return row;
  }
}
