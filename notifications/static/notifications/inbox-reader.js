import { element, part } from "./dom.js";
import { icon } from "./icons.js";
import { InboxRow } from "./inbox-row.js";
import { addressOf, place } from "./list-place.js";
import { TEXT } from "./words.js";

const WIDE = matchMedia("(width >= 1100px)");
// Less for both would be too little for each.
const LEAST_PX = 800;

/**
 * Opens notifications beside their list, where there is room, each under its own address. Elsewhere
 * the title leads to its page, and from there back to its row.
 */
export class InboxReader {
  #page;
  #client;
  #layout;
  #withdrawn = element("p", { className: "withdrawn", role: "status" });
  #close = element("button", { type: "button", className: "close nb-act" }, icon("close"), element("span", { className: "nb-tip", textContent: TEXT.close }));
  #one;
  #pane;
  /** What is open: its id, and what is known of it. @type {{id: string, known: Inbox.Drawn | Inbox.Notification | null} | null} */
  #open = null;

  /** @param {HTMLElement} root of the list @param {Inbox.ReadPage} page @param {Inbox.Client} client */
  constructor(root, page, client) {
    this.#page = page;
    this.#client = client;
    this.#layout = /** @type {HTMLElement} */ (root.closest(".nb-inbox"));
    const { content } = part(this.#layout, "[data-one]", HTMLTemplateElement);
    this.#one = new InboxRow(part(content, "article", HTMLElement), { isWhole: true });
    this.#pane = element("section", { className: "reader", hidden: true }, this.#close, this.#withdrawn, this.#one.node);
    this.#pane.setAttribute("aria-labelledby", "one-heading");
    root.after(this.#pane);
    this.#listen(root);
    this.#comeBack();
  }

  /** The row that is open, where the focus is with it. */
  get current() {
    return this.#open && this.#pane.contains(document.activeElement) ? this.#page.rowOf(this.#open.id) : undefined;
  }

  /** @param {HTMLElement} root */
  #listen(root) {
    const page = this.#page;
    root.addEventListener("click", (event) => this.#clicked(event));
    // Whoever goes on in the list with the keyboard goes on reading.
    root.addEventListener("focusin", ({ target }) => {
      const row = this.#open && target instanceof HTMLElement && target.matches("article") && this.#page.rowOf(target.dataset.id ?? "");
      if (row && row.id !== this.#open?.id) this.#show(row.id, "replace");
    });
    this.#pane.addEventListener("submit", (event) => page.submit(this.#one, event));
    this.#close.addEventListener("click", () => this.#end());
    document.addEventListener("keydown", (event) => this.#pressed(event));
    addEventListener("popstate", () => this.#followHistory());
    this.#client.addEventListener("change", ({ detail }) => this.#changed(detail));
    this.#client.addEventListener("signedout", () => this.#hide());
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const { target, button, ctrlKey, metaKey, shiftKey, altKey, defaultPrevented } = event;
    if (button || ctrlKey || metaKey || shiftKey || altKey || defaultPrevented || !(target instanceof Element)) return;
    const id = target.closest("[data-part=title]") && target.closest("article")?.dataset.id;
    if (!id) return;
    // For the way back from its page.
    history.replaceState({ ...history.state, row: id }, "");
    if (this.#client.reason !== null || !this.#hasRoom()) return;
    event.preventDefault();
    this.#show(id, "push");
    this.#one.node.querySelector("h2")?.focus({ preventScroll: true });
  }

  #hasRoom() {
    if (!WIDE.matches) return false;
    this.#layout.classList.add("split");
    const hasRoom = this.#layout.clientWidth >= LEAST_PX;
    this.#layout.classList.toggle("split", this.#open !== null);
    return hasRoom;
  }

  /** @param {string} id @param {"push" | "replace" | null} how it comes into the history */
  #show(id, how) {
    const known = this.#page.known(id) ?? null;
    this.#mark(false);
    this.#open = { id, known };
    this.#mark(true);
    this.#layout.classList.add("split");
    this.#pane.hidden = false;
    this.#pane.scrollTop = 0;
    this.#setWithdrawn(false);
    const address = addressOf(id);
    if (how === "push") history.pushState({ row: id }, "", address);
    if (how === "replace") history.replaceState({ row: id }, "", address);
    this.#draw();
    this.#page.rowOf(id)?.node.scrollIntoView({ block: "nearest" });
    if (!known || this.#client.inbox.view(known).read_at === null) this.#client.markRead([id]);
    this.#fetch(id);
  }

  /** All of it: a list has the beginning of a long one, and of one that the server drew its title. @param {string} id */
  async #fetch(id) {
    const failed = (/** @type {Partial<Inbox.Refusal>} */ { status }) => (status === 404 ? "gone" : null);
    const whole = await this.#client.acts().then((acts) => acts.whole(id)).catch(failed);
    if (this.#open?.id !== id || !whole) return;
    if (whole === "gone") return this.#setWithdrawn(true);
    const { known } = this.#open;
    if (!known || whole.revision >= known.revision) this.#open.known = whole;
    this.#draw();
  }

  #draw() {
    const known = this.#open?.known;
    if (known) this.#one.show(this.#client.inbox.view(known), this.#client.now());
    this.#one.node.hidden = !known || !this.#withdrawn.hidden;
  }

  /** @param {Inbox.ClientEvents["change"]} change */
  #changed({ notifications, removed, isSnapshot }) {
    if (!this.#open) return;
    const { id, known } = this.#open;
    if (removed.includes(id)) return this.#setWithdrawn(true);
    const now = notifications.find((one) => one.id === id);
    const isNewer = now && now.revision > (known?.revision ?? 0);
    if (isNewer && !now.body_truncated) this.#open.known = now;
    if (isSnapshot || (isNewer && now.body_truncated)) this.#fetch(id);
    this.#draw();
  }

  /** @param {boolean} isWithdrawn */
  #setWithdrawn(isWithdrawn) {
    this.#withdrawn.hidden = !isWithdrawn;
    this.#withdrawn.textContent = isWithdrawn ? TEXT.withdrawn : "";
    // What had the focus may be hidden now.
    const hasFocus = this.#one.node.contains(document.activeElement);
    this.#draw();
    if (isWithdrawn && hasFocus) this.#close.focus();
  }

  /** Tells which row is open. @param {boolean} isOpen */
  #mark(isOpen) {
    const title = this.#page.rowOf(this.#open?.id ?? "")?.node.querySelector("[data-part=title]");
    if (title) title.ariaCurrent = isOpen ? "true" : null;
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.key !== "Escape" || event.defaultPrevented || !this.#open || document.querySelector(":popover-open, dialog[open], .nb-snooze[open]")) return;
    if (event.target instanceof Element && event.target.closest("notification-bell, input, select, textarea")) return;
    this.#end();
  }

  #end() {
    const id = this.#open?.id ?? "";
    this.#hide();
    history.pushState({ row: id }, "", place.list + place.query);
    const { rows } = this.#page;
    (this.#page.rowOf(id) ?? rows[0])?.node.focus();
    if (!rows.length) document.querySelector("h1")?.focus();
  }

  #hide() {
    this.#mark(false);
    this.#open = null;
    this.#pane.hidden = true;
    this.#layout.classList.remove("split");
  }

  /** Back and forward between the list and what was opened beside it. */
  #followHistory() {
    const { pathname } = location;
    const id = pathname !== place.list && pathname.startsWith(place.list) ? decodeURIComponent(pathname.slice(place.list.length, -1)) : "";
    const before = this.#open?.id;
    if (id) return this.#show(id, null);
    this.#hide();
    if (before) this.#page.rowOf(before)?.node.focus();
  }

  /** To the row of the page that was left for the list. */
  #comeBack() {
    const [navigation] = performance.getEntriesByType("navigation");
    const isBack = navigation instanceof PerformanceNavigationTiming && navigation.type === "back_forward";
    const id = location.hash.startsWith("#n-") ? location.hash.slice(3) : isBack ? history.state?.row : "";
    if (!id || (document.activeElement && document.activeElement !== document.body)) return;
    this.#page.rowOf(id)?.node.focus();
  }
}
