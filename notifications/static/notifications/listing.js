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
  #isNarrowed;
  /** From here down there may be some that are not held; unless it is said, below all. @type {number | undefined} */
  #oldest;

  /** @param {{filter: Inbox.ListingName, isFirst: boolean, hasOlder: boolean, isNarrowed?: boolean, notifications: Held[]}} options */
  constructor({ filter, isFirst, hasOlder, isNarrowed = false, notifications }) {
    this.#belongs = BELONGS[filter];
    this.#isFirst = isFirst;
    this.#hasOlder = hasOlder;
    this.#isNarrowed = isNarrowed;
    this.#hold(notifications);
  }

  /** From its first page on another one is shown, whose answer is awaited. @param {boolean} isNarrowed to what a search finds @param {boolean} [isFirst] */
  begin(isNarrowed, isFirst = true) {
    this.#isFirst = isFirst;
    this.#isNarrowed = isNarrowed;
  }

  /** Whether only the server can tell if these are to be shown. @param {Held[]} notifications */
  isUnsure(notifications) {
    return this.#isNarrowed && this.#isFirst && notifications.some((one) => this.#isUnsureOf(one));
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

  /**
   * @param {{notifications: Held[], hasOlder?: boolean, hasNewer?: boolean, isNew?: boolean, isTop?: boolean}} page
   *   isNew: in place of what is held; isTop: in place of as much of it as the page reaches down to;
   *   hasNewer: whether there is more above; where it is not said, that is as it was.
   * @returns whether more is held, below a page that is the top
   */
  endPage({ notifications, hasOlder, hasNewer, isNew = false, isTop = false }) {
    const meanwhile = this.#meanwhile ?? [];
    this.#meanwhile = null;
    const reached = isTop && hasOlder ? notifications.at(-1) : undefined;
    if (isNew || isTop) for (const one of [...this.#held.values()]) if (!reached || byArrival(one, reached) <= 0) this.#held.delete(one.id);
    const isDeeper = isTop && this.#held.size > 0;
    if (!isDeeper && hasOlder !== undefined) {
      this.#hasOlder = hasOlder;
      this.#oldest = hasOlder ? notifications.at(-1)?.arrived_revision : undefined;
    }
    this.#isFirst = hasNewer === undefined ? this.#isFirst : !hasNewer;
    this.#hold(notifications);
    this.merge(meanwhile, []);
    return isDeeper;
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

  /** Whether there is more above what is held. */
  get hasNewer() {
    return !this.#isFirst;
  }

  /** The arrival from which more is asked for, downwards and upwards. */
  get ends() {
    const arrivals = [...this.#held.values()].map((one) => one.arrived_revision);
    return { oldest: this.#oldest ?? Math.min(...arrivals), newest: Math.max(...arrivals) };
  }

  /**
   * Lets go of what is above and below these, which can be had again. Of threads that stay all does, however old.
   * @param {Inbox.Folded<Held>[]} kept in a row, newest first; all of it if there are none
   * @param {Inbox.Folded<Held>[]} shown of which they are
   */
  trim(kept, shown) {
    const [first, last] = [kept[0]?.one, kept.at(-1)?.one];
    if (!first || !last) return;
    if (first.id !== shown[0].one.id) this.#isFirst = false;
    if (last.id !== shown.at(-1)?.one.id) [this.#hasOlder, this.#oldest] = [true, last.arrived_revision];
    const staying = new Set(kept.flatMap(({ one, earlier }) => [one, ...earlier]).map(({ id }) => id));
    for (const one of [...this.#held.values()]) {
      const isAbove = !this.#isFirst && byArrival(one, first) < 0;
      const isBelow = this.#hasOlder && byArrival(one, last) > 0;
      if ((isAbove || isBelow) && !staying.has(one.id)) this.#held.delete(one.id);
    }
  }

  get hasOlder() {
    return this.#hasOlder;
  }

  /** @param {Held} one */
  #isUnsureOf(one) {
    const held = this.#held.get(one.id);
    if (!held) return this.#belongs(one);
    // One that the server drew is not known whole.
    if (!("body" in held) || !("body" in one)) return true;
    return /** @type {const} */ (["title", "body", "sender", "category", "level", "thread"]).some((name) => held[name] !== one[name]);
  }

  /** @param {Held} one */
  #isWelcome(one) {
    if (!this.#isFirst || this.#isNarrowed || !this.#belongs(one)) return false;
    return !this.#hasOlder || !this.#held.size || [...this.#held.values()].some((held) => byArrival(one, held) < 0);
  }
}
