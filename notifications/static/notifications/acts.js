/** What a user does to their inbox: shown at once in every tab, sent, and kept while there is no network. */
import { OfflineQueue } from "./offline-queue.js";
import { Overlays } from "./overlays.js";

const CONFIRM_TIMEOUT_MS = 10_000;
// Longer than an act is tried for: a tab that laid an overlay for longer is gone.
const ABANDONED_MS = 90_000;
const TEMPORARY = [0, 429, 502, 503, 504];

export class Acts {
  #client;
  #api;
  #page;
  #queue;
  #overlays;
  #isFlushing = false;
  /** @type {Map<string, (isDone: boolean) => void>} of this tab's own acts, by `op_id` */
  #waiting = new Map();

  /** @param {Inbox.ActsOptions} options */
  constructor({ client, api, page, storage, now = Date.now }) {
    this.#client = client;
    this.#api = api;
    this.#page = page;
    this.#queue = new OfflineQueue({ storage: page.user ? storage : null, name: page.user ?? "", now });
    this.#overlays = client.inbox.overlays = new Overlays(client.inbox);
    for (const { overlay } of this.#queue.entries()) this.#overlays.lay(overlay);
    if (this.#overlays.size) client.emitShown();
    client.addEventListener("state", () => this.flush());
    this.flush();
  }

  /**
   * @param {Inbox.Op} op
   * @param {string[] | null} ids null: all, up to what we know of
   * @param {Inbox.ActOptions} [options]
   * @returns {Promise<boolean>} whether it is done
   */
  act(op, ids, { until, undoes, op_id = newId() } = {}) {
    const { epoch, revision } = this.#client.inbox.epoch ? this.#client.inbox : this.#page;
    /** @type {Inbox.Overlay} */
    const overlay = { op_id, op, ids, upto: revision, at: new Date().toISOString(), revision: null, until, undoes };
    /** @type {Inbox.ActTarget} */
    const on = undoes ? { undoes } : ids ? { notifications: ids } : { all: true, epoch, upto: revision };
    /** @type {Inbox.ActBody} */
    const body = { op, ...on, ...(until && { until }), op_id };
    this.#tell({ kind: "lay", overlay });
    return new Promise((resolve) => {
      this.#waiting.set(op_id, resolve);
      this.#send({ overlay, body });
    });
  }

  /** One notification, whole. @param {string} id */
  whole(id) {
    return this.#api.one(id);
  }

  /** A page of a listing. @param {Record<string, string>} query */
  page(query) {
    return this.#api.page(query);
  }

  /** What the reader has chosen of how they are told. */
  chosen() {
    return this.#api.chosen();
  }

  /** @param {Inbox.Preferences} changes */
  choose(changes) {
    return this.#api.choose(changes);
  }

  /** Keeps out what comes of that, or lets it in again. @param {Pick<Inbox.Mute, "kind" | "value">} mute @param {boolean} isMuted */
  async mute(mute, isMuted) {
    try {
      await this.#api.mute(mute, isMuted);
      return true;
    } catch (error) {
      const { status = 0 } = /** @type {Partial<Inbox.Refusal>} */ (error);
      if (status === 401) this.#client.stop("signed_out");
      this.#client.emit("error", { op: isMuted ? "mute" : "unmute", ids: null, status });
      return false;
    }
  }

  /** From another tab. @param {Inbox.ActMessage} message */
  hear(message) {
    this.#take(message);
    if (message.kind === "lay") this.#client.clock.setTimeout(() => this.#abandon(message.overlay.op_id), ABANDONED_MS);
    if (message.kind === "kept") this.flush();
  }

  /** Sends what was kept; one tab does, and the server does each once, by its `op_id`. */
  async flush() {
    if (this.#isFlushing || this.#client.leader || this.#client.state !== "live") return;
    this.#isFlushing = true;
    await this.#flushAll().finally(() => (this.#isFlushing = false));
  }

  async #flushAll() {
    for (const late of this.#queue.dropExpired()) this.#fail(late, 0, { isKept: true });
    for (let entry = this.#queue.entries()[0]; entry; entry = this.#queue.entries()[0]) {
      this.#overlays.lay(entry.overlay);
      if (!(await this.#sendKept(entry))) return;
    }
  }

  /** @param {Inbox.Act} entry */
  async #send(entry) {
    // What comes after something that was kept is kept, too: acts are done in their order.
    if (this.#client.state === "offline" || this.#queue.size) return this.#keep(entry);
    try {
      this.#confirm(entry, await this.#api.act(entry.body));
    } catch (error) {
      const { status = 0 } = /** @type {Partial<Inbox.Refusal>} */ (error);
      if (TEMPORARY.includes(status) && this.#client.state !== "live") this.#keep(entry);
      else this.#fail(entry, status);
    }
  }

  /** @param {Inbox.Act} entry */
  #keep(entry) {
    if (!this.#queue.add(entry)) return this.#fail(entry, 0);
    this.#tell({ kind: "kept" });
    this.flush();
  }

  /** Whether to go on with the next one. @param {Inbox.KeptAct} entry */
  async #sendKept(entry) {
    try {
      const answer = await this.#api.act(entry.body);
      this.#queue.remove(entry);
      this.#confirm(entry, answer);
      return true;
    } catch (error) {
      const { status = 0 } = /** @type {Partial<Inbox.Refusal>} */ (error);
      if (TEMPORARY.includes(status) || status === 401) {
        if (status === 401) this.#client.stop("signed_out");
        else this.#client.clock.setTimeout(() => this.flush(), CONFIRM_TIMEOUT_MS);
        return false;
      }
      this.#queue.remove(entry);
      this.#fail(entry, status, { isKept: true });
      return true;
    }
  }

  /** @param {Inbox.Act} entry @param {Inbox.ActAnswer} answer */
  #confirm({ overlay: { op_id } }, { revision }) {
    this.#tell({ kind: "confirm", op_id, revision });
    this.#done(op_id, true);
  }

  /** @param {Inbox.Act} entry @param {number} status @param {{isKept?: boolean}} [options] */
  #fail({ overlay: { op_id, op, ids } }, status, { isKept = false } = {}) {
    if (status === 401) this.#client.stop("signed_out");
    const failure = { op, ids, status };
    // Who did it may be gone when what was kept fails: every tab knows then.
    this.#tell({ kind: "lift", op_id, ...(isKept && { failure }) });
    if (!isKept) this.#client.emit("error", failure);
    this.#done(op_id, false);
  }

  /** @param {string} opId @param {boolean} isDone */
  #done(opId, isDone) {
    this.#waiting.get(opId)?.(isDone);
    this.#waiting.delete(opId);
  }

  /** To this tab and the others. @param {Inbox.ActMessage} message */
  #tell(message) {
    this.#take(message);
    this.#client.emit("act", message);
  }

  /** @param {Inbox.ActMessage} message */
  #take(message) {
    if (message.kind === "kept") return;
    if (message.kind === "lay") this.#overlays.lay({ ...message.overlay });
    if (message.kind === "confirm") {
      const { op_id, revision } = message;
      this.#overlays.confirm(op_id, revision);
      this.#client.clock.setTimeout(() => this.#doubt(op_id), CONFIRM_TIMEOUT_MS);
      this.#done(op_id, true);
    }
    if (message.kind === "lift") {
      this.#overlays.lift(message.op_id);
      this.#done(message.op_id, false);
      if (message.failure) this.#client.emit("error", message.failure);
    }
    this.#client.emitShown();
  }

  /** The change was answered but has not come: it would hide what comes later. @param {string} opId */
  #doubt(opId) {
    if (this.#client.state !== "live" || !this.#overlays.lift(opId)) return;
    this.#client.resume();
    this.#client.emitShown();
  }

  /** @param {string} opId */
  #abandon(opId) {
    if (this.#overlays.get(opId)?.revision !== null || this.#queue.has(opId)) return;
    this.#overlays.lift(opId);
    this.#client.emitShown();
  }
}

// Not randomUUID, which there is only over HTTPS.
export const newId = () => crypto.getRandomValues(new Uint32Array(4)).join("-");
