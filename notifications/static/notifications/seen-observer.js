const DWELL_MS = 1_000;
const BATCH_MS = 500;

/** Marks notifications seen once half of their row was on screen for a second, in a visible tab. */
export class SeenObserver {
  #client;
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

  /** @param {Inbox.Client} client */
  constructor(client) {
    this.#client = client;
  }

  /** @param {Element} row @param {{id: string, seen_at: string | null}[]} notifications all that are in it */
  watch(row, notifications) {
    const ids = notifications.filter(({ seen_at }) => !seen_at).map(({ id }) => id);
    if (!ids.length) return this.forget(row);
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
    this.#dwelling.set(row, setTimeout(() => this.#dwelt(row), DWELL_MS));
  }

  /** @param {Element} row */
  #leave(row) {
    clearTimeout(this.#dwelling.get(row));
    this.#dwelling.delete(row);
  }

  /** @param {Element} row */
  #dwelt(row) {
    if (document.hidden || !row.isConnected) return this.#enter(row);
    if (!this.#batch.length) setTimeout(() => this.#client.markSeen(this.#batch.splice(0)), BATCH_MS);
    this.#batch.push(...(this.#ids.get(row) ?? []));
    this.forget(row);
  }
}
