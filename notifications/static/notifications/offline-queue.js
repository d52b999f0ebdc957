const MAX_COUNT = 100;
// As long as the server remembers an `op_id`: later the same act might be done twice.
const MAX_AGE_MS = 24 * 60 * 60 * 1000;
const PREFIX = "nb:act:";

/**
 * Acts that wait for the network, shared by all tabs of a user and outliving them. An entry each,
 * since tabs write at the same time. Where storage is denied nothing is kept.
 */
export class OfflineQueue {
  #storage;
  #prefix;
  #now;

  /** @param {{storage: Inbox.Store | null, name: string, now: () => number}} options `name`: whose they are */
  constructor({ storage, name, now }) {
    this.#storage = storage;
    this.#prefix = `${PREFIX}${name}:`;
    this.#now = now;
  }

  get size() {
    return this.#keys().length;
  }

  /** @param {string} opId */
  has(opId) {
    return this.#keys().includes(this.#prefix + opId);
  }

  /** Whether it is kept. @param {Inbox.Act} entry */
  add(entry) {
    if (this.size >= MAX_COUNT) return false;
    try {
      // Not by the clock, which goes back, and in whose millisecond there is room for several acts.
      const order = 1 + Math.max(0, ...this.entries().map((other) => other.order ?? 0));
      const kept = { ...entry, order, keptAt: this.#now() };
      this.#storage?.setItem(this.#prefix + entry.body.op_id, JSON.stringify(kept));
      return this.#storage !== null;
    } catch {
      return false; // full
    }
  }

  /** @param {Inbox.Act} entry */
  remove(entry) {
    this.#storage?.removeItem(this.#prefix + entry.body.op_id);
  }

  /** In the order of the acts. @returns {Inbox.KeptAct[]} */
  entries() {
    const entries = this.#keys().map((key) => this.#read(key)).filter((entry) => entry !== null);
    // Two tabs at once may have given the same: then any order does, but the same for all.
    return entries.sort((a, b) => (a.order ?? 0) - (b.order ?? 0) || (a.body.op_id < b.body.op_id ? -1 : 1));
  }

  /** Removes those that came too late, and returns them. */
  dropExpired() {
    const expired = this.entries().filter(({ keptAt }) => keptAt < this.#now() - MAX_AGE_MS);
    for (const entry of expired) this.remove(entry);
    return expired;
  }

  /** @param {string} key @returns {Inbox.KeptAct | null} */
  #read(key) {
    try {
      const entry = JSON.parse(this.#storage?.getItem(key) ?? "");
      if (entry.overlay.op_id && entry.body.op_id) return entry;
    } catch {
      // Not ours, or of another version: it would stand in the way of the others for ever.
    }
    this.#storage?.removeItem(key);
    return null;
  }

  #keys() {
    const keys = this.#storage ? Array.from({ length: this.#storage.length }, (_, at) => this.#storage?.key(at) ?? "") : [];
    return keys.filter((key) => key.startsWith(this.#prefix));
  }
}
