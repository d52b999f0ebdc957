import { byArrival, isListed, isUnread } from "./inbox-state.js";

/** @type {Record<Inbox.ListingName, (one: Inbox.Drawn) => boolean>} */
const BELONGS = {
  inbox: isListed,
  unread: isUnread,
  snoozed: ({ snoozed_until }) => Boolean(snoozed_until),
  archived: ({ archived_at }) => archived_at !== null,
  saved: ({ saved_at }) => Boolean(saved_at),
};

/**
 * The notifications of one page of a listing, whether the client holds them or not. No DOM.
 *
 * On the first page new ones are welcome; on older ones only what is there changes.
 * @typedef {Inbox.Drawn | Inbox.Notification} Held
 */
export class Listing {
  /** @type {Map<string, Held>} */
  #held = new Map();
  /** @type {Set<string>} */
  #removed = new Set();
  /** What the stream brought while a page was asked for; null: none is. @type {Held[] | null} */
  #meanwhile = null;
  #belongs;
  #isFirst;
  #hasOlder;

  /** @param {{filter: Inbox.ListingName, isFirst: boolean, hasOlder: boolean, notifications: Held[]}} options */
  constructor({ filter, isFirst, hasOlder, notifications }) {
    this.#belongs = BELONGS[filter];
    this.#isFirst = isFirst;
    this.#hasOlder = hasOlder;
    this.#hold(notifications);
  }

  /**
   * What the stream brought. Of two copies the higher revision wins, and a removed id never comes back.
   * @param {Held[]} notifications
   * @param {string[]} removed
   */
  merge(notifications, removed) {
    this.#meanwhile?.push(...notifications);
    this.#hold(notifications.filter((one) => this.#held.has(one.id) || this.#isWelcome(one)));
    for (const id of removed) {
      this.#removed.add(id);
      this.#held.delete(id);
    }
  }

  /** A page is being asked for: from here on, what the stream brings goes over the answer. */
  beginPage() {
    this.#meanwhile = [];
  }

  /** @param {{notifications: Held[], hasOlder: boolean, isNew?: boolean}} page isNew: in place of what is held */
  endPage({ notifications, hasOlder, isNew = false }) {
    const meanwhile = this.#meanwhile ?? [];
    this.#meanwhile = null;
    this.#hasOlder = hasOlder;
    if (isNew) this.#held.clear();
    this.#hold(notifications);
    this.merge(meanwhile, []);
  }

  failPage() {
    this.#meanwhile = null;
  }

  /** @param {string} id */
  get(id) {
    return this.#held.get(id);
  }

  get size() {
    return this.#held.size;
  }

  /** Those to show, newest first, as `view` has them. @param {(one: Held) => Held} view */
  shown(view) {
    return [...this.#held.values()].map(view).filter(this.#belongs).sort(byArrival);
  }

  /** @param {Held[]} notifications */
  #hold(notifications) {
    for (const one of notifications) {
      const { revision = 0 } = this.#held.get(one.id) ?? {};
      if (one.revision >= revision && !this.#removed.has(one.id)) this.#held.set(one.id, one);
    }
  }

  /** @param {Held} one */
  #isWelcome(one) {
    if (!this.#isFirst || !this.#belongs(one)) return false;
    const oldest = [...this.#held.values()].sort(byArrival).at(-1);
    return !this.#hasOlder || !oldest || byArrival(one, oldest) < 0;
  }
}
