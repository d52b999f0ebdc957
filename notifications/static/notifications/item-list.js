import { element, place } from "./dom.js";
import { OwnRow, drawingOf } from "./own-row.js";
import { PanelRow } from "./panel-row.js";
import { SeenObserver } from "./seen-observer.js";
import { ALONE, Threads, heldBy, rowsOf } from "./threads.js";

/** Rows of notifications: ours, or as their page draws them. */
export class ItemList {
  #options;
  #seen;
  #threads = new Threads();
  /** What was shown last, and how many rows of it. @type {[Inbox.Notification[], number]} */
  #last = [[], Infinity];
  /** @type {Inbox.RenderItem | null} */
  #draw = null;
  /** @type {Map<string, PanelRow | OwnRow>} by the ids of what they show */
  #rows = new Map();
  /** The one of them at which Tab stops; the arrow keys lead on to the others. @type {string | undefined} */
  #stop;
  node = element("ul", { className: "nb-rows", part: "list" });

  /** @param {Omit<Inbox.RowOptions, "notification" | "fold"> & {host: Inbox.Bell | Inbox.InlineInbox, refuge: HTMLElement}} options */
  constructor(options) {
    this.#options = options;
    this.#seen = new SeenObserver(options.client);
    this.node.addEventListener("focusin", ({ target }) => this.#stopAt(this.#idOf(target)));
    this.node.addEventListener("keydown", (event) => this.#pressed(event));
  }

  /** Forgets its rows, which may be drawn in another way now. */
  clear() {
    for (const row of this.#rows.values()) row.leave();
    this.#rows.clear();
    this.node.replaceChildren();
  }

  /** @param {Inbox.Notification[]} notifications @param {number} [most] so many rows, beside those of threads that are open */
  show(notifications, most = Infinity) {
    const before = this.#rows;
    this.#last = [notifications, most];
    this.#draw = drawingOf(this.#options.host);
    // A page that draws them in its own way draws each.
    const folds = this.#draw ? notifications.map((one) => ({ ...ALONE, one })) : this.#threads.folds(notifications);
    this.#rows = new Map(rowsOf(folds.slice(0, most)).map((fold) => [fold.one.id, this.#row(before.get(fold.one.id), fold)]));
    place(this.node, [...this.#rows.values()].map(({ node }) => node), this.#options.refuge);
    for (const [id, row] of before) if (this.#rows.get(id) !== row) row.leave();
    this.#stopAt(this.#stop);
  }

  /** @param {string} id */
  get(id) {
    return this.#rows.get(id);
  }

  /** @param {string | undefined} id if there is no such row, the first one */
  #stopAt(id) {
    this.#stop = id && this.#rows.has(id) ? id : this.#rows.keys().next().value;
    for (const [key, row] of this.#rows) if (row instanceof PanelRow) row.isStop = key === this.#stop;
  }

  /** @param {EventTarget | null} target */
  #idOf(target) {
    return [...this.#rows.keys()].find((id) => target instanceof Node && this.#rows.get(id)?.node.contains(target));
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const { key, target, altKey, ctrlKey, metaKey, shiftKey } = event;
    const rows = [...this.#rows.values()];
    const at = rows.findIndex(({ node }) => target instanceof Node && node.contains(target));
    // What a page draws itself has keys of its own.
    if (altKey || ctrlKey || metaKey || shiftKey || !(rows[at] instanceof PanelRow)) return;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[key];
    if (to === undefined) return;
    event.preventDefault();
    const row = rows[Math.max(0, Math.min(to, rows.length - 1))];
    if (row instanceof PanelRow) row.focus();
  }

  /** @type {Inbox.RowOptions["fold"]} */
  #fold = (thread, isOpen) => {
    this.#threads.set(thread, isOpen);
    this.show(...this.#last);
  };

  /** @param {PanelRow | OwnRow | undefined} known @param {Inbox.Folded<Inbox.Notification>} shown */
  #row(known, shown) {
    const { one: notification } = shown;
    const options = { ...this.#options, notification, fold: this.#fold };
    const isSame = known && known instanceof OwnRow === Boolean(this.#draw);
    const row = isSame ? known : (this.#draw ? new OwnRow({ ...options, draw: this.#draw }) : new PanelRow(options));
    row.show(notification, shown);
    this.#seen.watch(row.node, heldBy(notification, shown));
    return row;
  }
}
