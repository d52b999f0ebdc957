import { number } from "./attributes.js";
import { chosenOf } from "./chosen.js";
import { element, focused } from "./dom.js";
import { icon } from "./icons.js";
import { ItemList } from "./item-list.js";
import { OnceAFrame } from "./once-a-frame.js";
import { STATES, TEXT, endOf, liveBy } from "./words.js";

const TICK_MS = 60_000;
const GAP_PX = 8;
/** There it is a sheet over all of the screen. */
const NARROW = matchMedia("(width < 480px)");
/** What a bell opens: the latest notifications. No landmarks, for a shadow root is part of its page. */
export class NotificationPanel {
  #bell;
  #client;
  #button;
  #list;
  #signal;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #tick;
  /** While it is open. @type {AbortController | undefined} */
  #moving;
  #heading = element("h2", { id: "heading", tabIndex: -1, textContent: TEXT.heading, part: "title" });
  #markAll = element("button", { type: "button", textContent: TEXT.markAll, part: "mark-all" });
  #close = element("button", { type: "button", className: "close", ariaLabel: TEXT.close, part: "close" }, icon("close"));
  #notice = element("p", { className: "notice", part: "notice" });
  #loading = element("p", { className: "empty", textContent: TEXT.loading });
  #empty = element("div", { className: "empty", part: "empty" }, element("slot", { name: "empty", textContent: TEXT.empty }));
  #connection = element("span", { className: "connection", part: "status" });
  #inbox = element("a", { textContent: TEXT.openInbox });

  /** @param {Inbox.PanelOptions} options */
  constructor({ bell, button, activation, acts, signal }) {
    const { client } = bell;
    this.#bell = bell;
    this.#client = client;
    this.#button = button;
    this.#signal = signal;
    this.#list = new ItemList({ host: bell, client, activation, acts, refuge: this.#heading });
    const more = element("slot", { name: "header-actions" });
    this.node = element(
      "div",
      { id: "panel", className: "panel", popover: "auto", role: "dialog", part: "panel" },
      element("div", { className: "head", part: "header" }, this.#heading, more, this.#markAll, this.#close),
      this.#notice,
      element("div", { className: "scroll" }, this.#list.node, this.#loading, this.#empty),
      acts.bar.node,
      element("div", { className: "foot", part: "footer" }, element("slot", { name: "footer" }, this.#inbox), this.#connection),
    );
    this.node.setAttribute("aria-labelledby", "heading");
    button.setAttribute("aria-controls", "panel");
    this.#markAll.addEventListener("click", () => acts.act("read", null));
    this.#close.addEventListener("click", () => this.node.hidePopover());
    this.node.addEventListener("toggle", ({ newState }) => this.#toggled(newState === "open"));
    const redraw = new OnceAFrame(() => this.#isOpen && this.#showList());
    // What may be muted is chosen, too.
    for (const source of [client, chosenOf(client)]) source.addEventListener("change", () => redraw.ask(), { signal });
    // Signed out first and then somebody else's, it is stopped all the while: `state` says it once.
    for (const type of /** @type {const} */ (["state", "signedout"])) client.addEventListener(type, () => this.#showState(), { signal });
    signal.addEventListener("abort", () => this.#leave());
    this.attributeChanged();
    this.#showState();
  }

  get #isOpen() {
    return this.node.matches(":popover-open");
  }

  attributeChanged() {
    const { inboxUrl } = this.#bell;
    this.#inbox.hidden = inboxUrl === null;
    if (inboxUrl !== null) this.#inbox.href = inboxUrl;
    if (this.#isOpen) this.#showList();
  }

  /** Rows are drawn in another way. */
  redraw() {
    this.#list.clear();
    this.#showList();
  }

  /** Opens it, and one of its rows. @param {string} [id] */
  unfold(id) {
    this.node.togglePopover(true);
    this.#showList();
    const row = this.#list.get(id ?? "");
    row?.unfold();
    row?.node.scrollIntoView({ block: "nearest" });
  }

  #leave() {
    clearInterval(this.#tick);
    this.#moving?.abort();
    this.#list.clear();
    this.#button.ariaExpanded = "false";
    this.node.remove();
  }

  /** @param {boolean} isOpen */
  #toggled(isOpen) {
    this.#button.ariaExpanded = String(isOpen);
    clearInterval(this.#tick);
    this.#moving?.abort();
    if (this.#signal.aborted) return;
    if (isOpen) {
      this.#showList();
      this.#stayAtBell();
      this.#heading.focus({ preventScroll: true });
      this.#tick = setInterval(() => this.#showList(), TICK_MS);
    } else if (this.#hasFocus()) {
      this.#button.focus();
    }
    this.#bell.emit("panel", { open: isOpen });
  }

  /** The browser leaves the focus on the body, or on what has us inside; elsewhere its user has put it. */
  #hasFocus() {
    const at = focused();
    return at === null || at === document.body || this.#bell.contains(at) || this.node.contains(at) || at.shadowRoot?.contains(this.#bell);
  }

  /** Wherever that goes: it may scroll with its page, or stay in a header that does not. */
  #stayAtBell() {
    const { signal } = (this.#moving = new AbortController());
    const move = () => this.#position();
    for (const type of ["scroll", "resize"]) addEventListener(type, move, { signal, capture: true, passive: true });
    const observer = new ResizeObserver(move);
    observer.observe(this.node);
    signal.addEventListener("abort", () => observer.disconnect());
    move();
  }

  /** Below the bell, or where there is no room above it; and as far as the bell is, wholly on the screen. */
  #position() {
    const { style } = this.node;
    if (NARROW.matches) return void (style.left = style.top = "");
    const bell = this.#button.getBoundingClientRect();
    const { clientWidth, clientHeight } = document.documentElement;
    const { offsetWidth: width, offsetHeight: height } = this.node;
    const start = bell.right - width < GAP_PX ? bell.left : bell.right - width;
    const above = bell.top - GAP_PX - height;
    const below = bell.bottom + GAP_PX;
    const fits = below + height <= clientHeight || above < 0;
    // In a frame that is hardly higher it goes over the bell.
    const lowest = Math.max(GAP_PX, clientHeight - height - GAP_PX);
    style.left = `${Math.max(GAP_PX, Math.min(start, clientWidth - width - GAP_PX))}px`;
    style.top = `${fits ? Math.min(below, lowest) : above}px`;
  }

  #showList() {
    const { reason, isReady } = this.#client;
    const latest = reason ? [] : this.#client.inbox.latest(Infinity);
    this.#list.show(latest, number(this.#bell, "limit"));
    const isEmpty = !latest.length && reason === null;
    this.#empty.hidden = !isEmpty || !isReady;
    this.#loading.hidden = !isEmpty || isReady;
  }

  #showState() {
    const { state, reason, isReady, transport } = this.#client;
    this.#connection.dataset.state = state;
    const text = STATES[isReady && state === "connecting" ? "waiting" : state];
    this.#connection.textContent = (state === "live" && liveBy(transport)) || text;
    const ended = endOf(reason);
    const link = element("a", { href: location.href, textContent: ended?.way });
    this.#notice.replaceChildren(...(ended ? [ended.text, " ", link] : []));
    this.#markAll.disabled = reason !== null;
    this.#showList();
  }
}
