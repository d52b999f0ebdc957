import { element, place } from "./dom.js";
import { OwnRow, drawingOf } from "./own-row.js";
import { PanelRow } from "./panel-row.js";
import { SeenObserver } from "./seen-observer.js";

/** Rows of notifications: ours, or as their page draws them. */
export class ItemList {
  #options;
  #seen;
  /** @type {Inbox.RenderItem | null} */
  #draw = null;
  /** @type {Map<string, PanelRow | OwnRow>} by the ids of what they show */
  #rows = new Map();
  node = element("ul", { className: "nb-rows", part: "list" });

  /** @param {Omit<Inbox.RowOptions, "notification"> & {host: Inbox.Bell | Inbox.InlineInbox, refuge: HTMLElement}} options */
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

  /** @param {Inbox.Notification[]} notifications */
  show(notifications) {
    const before = this.#rows;
    this.#draw = drawingOf(this.#options.host);
    this.#rows = new Map(notifications.map((one) => [one.id, this.#row(before.get(one.id), one)]));
    place(this.node, [...this.#rows.values()].map(({ node }) => node), this.#options.refuge);
    for (const [id, row] of before) if (this.#rows.get(id) !== row) row.leave();
  }

  /** @param {string} id */
  get(id) {
    return this.#rows.get(id);
  }

  /** @param {PanelRow | OwnRow | undefined} known @param {Inbox.Notification} notification */
  #row(known, notification) {
    const options = { ...this.#options, notification };
    const isSame = known && known instanceof OwnRow === Boolean(this.#draw);
    const row = isSame ? known : (this.#draw ? new OwnRow({ ...options, draw: this.#draw }) : new PanelRow(options));
    row.show(notification);
    this.#seen.watch(row.node, notification);
    return row;
  }
}
