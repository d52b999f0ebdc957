const DWELL_MS = 1_000;
const BATCH_MS = 500;

/** Marks notifications seen once half of their row was on screen for a second, in a visible tab. */
export class SeenObserver {
  #client;
  #dwelt;
  /** What a row tells of. @type {WeakMap<Element, string[]>} */
  #ids = new WeakMap();
  /** @type {Map<Element, ReturnType<typeof setTimeout>>} */
  #dwelling = new Map();
  /** @type {string[]} */
  #batch = [];
  #observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) isIntersecting ? this.#enter(target) : this.#leave(target);
    },
    { threshold: 0.5 },
  );

  /** @param {Inbox.Client} client @param {(row: Element) => void} [dwelt] with each row that was there as long */
  constructor(client, dwelt) {
    this.#client = client;
    this.#dwelt = dwelt;
  }

  /** @param {Element} row @param {{id: string, seen_at: string | null}[]} notifications all that are in it @param {boolean} [isAwaited] even if all have been seen */
  watch(row, notifications, isAwaited = false) {
    const ids = notifications.filter(({ seen_at }) => !seen_at).map(({ id }) => id);
    if (!ids.length && !isAwaited) return this.forget(row);
    if (!this.#ids.has(row)) this.#observer.observe(row);
    this.#ids.set(row, ids);
  }

  /** It is no more in the list. @param {Element} row */
  forget(row) {
    this.#ids.delete(row);
    this.#observer.unobserve(row);
    this.#leave(row);
  }

  /** @param {Element} row */
  #enter(row) {
    this.#leave(row);
    this.#dwelling.set(row, setTimeout(() => this.#stayed(row), DWELL_MS));
  }

  /** @param {Element} row */
  #leave(row) {
    clearTimeout(this.#dwelling.get(row));
    this.#dwelling.delete(row);
  }

  /** @param {Element} row */
  #stayed(row) {
    if (document.hidden || !row.isConnected) return this.#enter(row);
    const ids = this.#ids.get(row) ?? [];
    if (ids.length && !this.#batch.length) setTimeout(() => this.#client.markSeen(this.#batch.splice(0)), BATCH_MS);
    this.#batch.push(...ids);
    this.forget(row);
    this.#dwelt?.(row);
  }
}
