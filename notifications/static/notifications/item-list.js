import { element, place } from "./dom.js";
import { OwnRow, drawingOf } from "./own-row.js";
import { PanelRow } from "./panel-row.js";
import { SeenObserver } from "./seen-observer.js";
import { ALONE, Threads, rowsOf } from "./threads.js";

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
  node = element("ul", { className: "nb-rows", part: "list" });

  /** @param {Omit<Inbox.RowOptions, "notification" | "fold"> & {host: Inbox.Bell | Inbox.InlineInbox, refuge: HTMLElement}} options */
  constructor(options) {
    this.#options = options;
    this.#seen = new SeenObserver(options.client);
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
  }

  /** @param {string} id */
  get(id) {
    return this.#rows.get(id);
  }

  /** @type {Inbox.RowOptions["fold"]} */
  #fold = (thread, isOpen) => {
    this.#threads.set(thread, isOpen);
    this.show(...this.#last);
  };

  /** @param {PanelRow | OwnRow | undefined} known @param {Inbox.Folded<Inbox.Notification>} shown */
  #row(known, shown) {
    const { one: notification, earlier, isOpen } = shown;
    const options = { ...this.#options, notification, fold: this.#fold };
    const isSame = known && known instanceof OwnRow === Boolean(this.#draw);
    const row = isSame ? known : (this.#draw ? new OwnRow({ ...options, draw: this.#draw }) : new PanelRow(options));
    row.show(notification, shown);
    this.#seen.watch(row.node, isOpen ? [notification] : [notification, ...earlier]);
    return row;
  }
}
