import { element, part } from "./dom.js";
import { icon } from "./icons.js";
import { TEXT } from "./words.js";

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
    this.#one = page.wholeRow(part(content, "article", HTMLElement));
    this.#pane = element("section", { className: "reader", hidden: true }, this.#close, this.#withdrawn, this.#one.node);
    this.#pane.setAttribute("aria-labelledby", "one-heading");
    root.after(this.#pane);
    this.#listen(root);
  }

  /** The row that is open, where the focus is with it. */
  get current() {
    return this.#open && this.#pane.contains(document.activeElement) ? this.#page.rowOf(this.#open.id) : undefined;
  }

  /** @param {HTMLElement} root */
  #listen(root) {
    const page = this.#page;
    // Whoever goes on in the list with the keyboard goes on reading.
    root.addEventListener("focusin", ({ target }) => {
      const row = this.#open && target instanceof HTMLElement && target.matches("article") && this.#page.rowOf(target.dataset.id ?? "");
      if (row && row.id !== this.#open?.id) this.#show(row.id, "replace");
    });
    this.#pane.addEventListener("submit", (event) => page.submit(this.#one, event));
    this.#close.addEventListener("click", () => this.#end());
    document.addEventListener("keydown", (event) => this.#pressed(event));
    this.#client.addEventListener("change", ({ detail }) => this.#changed(detail));
    this.#client.addEventListener("signedout", () => this.#hide());
  }

  /** @param {string} id */
  open(id) {
    this.#show(id, "push");
    this.#one.node.querySelector("h2")?.focus({ preventScroll: true });
  }

  /** @param {string} id @param {"push" | "replace" | null} how it comes into the history */
  #show(id, how) {
    const page = this.#page;
    const known = page.known(id) ?? null;
    this.#mark(false);
    this.#open = { id, known };
    this.#mark(true);
    this.#layout.classList.add("split");
    this.#pane.hidden = false;
    this.#pane.scrollTop = 0;
    this.#setWithdrawn(false);
    const address = page.place.addressOf(id);
    if (how === "push") history.pushState({ row: id }, "", address);
    if (how === "replace") history.replaceState({ row: id }, "", address);
    this.#draw();
    page.rowOf(id)?.node.scrollIntoView({ block: "nearest" });
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
    const thread = known?.thread;
    const link = part(this.#one.node, "[data-part=thread]", HTMLElement);
    link.hidden = !thread;
    if (thread) part(link, "a", HTMLAnchorElement).href = `${this.#page.place.list}?${new URLSearchParams({ filter: "inbox", thread })}`;
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
    if (event.key !== "Escape" || event.defaultPrevented || !this.#open || document.querySelector(":popover-open, dialog[open], .nb-menu[open]")) return;
    if (event.target instanceof Element && event.target.closest("notification-bell, input, select, textarea")) return;
    this.#end();
  }

  #end() {
    const id = this.#open?.id ?? "";
    this.#hide();
    const { rows, place } = this.#page;
    history.pushState({ row: id }, "", place.list + place.query);
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
  followHistory() {
    const id = this.#page.place.opened;
    const before = this.#open?.id;
    if (id) return this.#show(id, null);
    this.#hide();
    if (before) this.#page.rowOf(before)?.node.focus();
  }
}
