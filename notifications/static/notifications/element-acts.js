import { UndoBar } from "./inbox-undo.js";
import { MAX_MS, MIN_MS } from "./snoozing.js";
import { act, markAllRead, takeBack } from "./undoing.js";
import { DONE, TEXT } from "./words.js";

const REFRESH_TIMEOUT_MS = 10_000;

/** What a page does by the methods of an element, and how the last act is taken back, whoever did it. */
export class ElementActs {
  #client;
  /** @type {(() => unknown) | null} */
  #last = null;
  bar = new UndoBar();

  /** @param {Inbox.Client} client */
  constructor(client) {
    this.#client = client;
  }

  /** As a bar does, whose offer ends: this one stays. @param {string} text @param {() => unknown} undo */
  offer(text, undo) {
    const once = () => {
      if (this.#last === once) this.#last = null;
      return undo();
    };
    this.#last = once;
    return this.bar.offer(text, once);
  }

  /** @param {() => unknown} [offered] */
  hide(offered) {
    this.bar.hide(offered);
    if (offered && offered === this.#last) this.#last = null;
  }

  /** Null: all. Resolves to whether it is done. @param {Inbox.Op} op @param {string[] | null} ids @param {Date | string} [until] */
  async act(op, ids, until) {
    const moment = op === "snooze" ? this.#momentOf(until) : undefined;
    if (!ids) return markAllRead(this.#client, this);
    if (!ids.length) return true;
    if (op === "seen") return this.#client.act(op, ids);
    const { inbox } = this.#client;
    const before = ids.flatMap((id) => inbox.notifications.get(id) ?? []).map((one) => inbox.view(one));
    const [first, ...others] = before;
    if (first && !others.length && ids.length === 1) return act(this.#client, this, op, first, moment);
    const done = this.#client.act(op, ids, { until: moment });
    const offered = this.offer(DONE[op], () => Promise.all(before.map((one) => takeBack(this.#client, op, one))));
    if (await done) return true;
    this.hide(offered);
    return false;
  }

  /** Takes back what was done last; false: there is nothing. */
  async undo() {
    const last = this.#last;
    this.#last = null;
    this.bar.hide();
    await last?.();
    return last !== null;
  }

  /** Whether all that is shown is level with the server: not, where there is no network. @returns {Promise<boolean>} */
  refresh() {
    const client = this.#client;
    const over = new AbortController();
    return new Promise((resolve) => {
      /** @param {boolean} isLevel */
      const end = (isLevel) => {
        over.abort();
        resolve(isLevel);
      };
      client.addEventListener("frame", ({ detail }) => detail.type === "synced" && end(true), { signal: over.signal });
      client.clock.setTimeout(() => end(false), REFRESH_TIMEOUT_MS);
      if (client.state === "live") client.resume(true);
      else client.reconnect();
    });
  }

  /** @param {Date | string | undefined} until */
  #momentOf(until) {
    const ms = until === undefined ? NaN : new Date(until).getTime();
    const aheadMs = ms - this.#client.now();
    if (aheadMs >= MIN_MS && aheadMs <= MAX_MS) return new Date(ms).toISOString();
    throw new RangeError(`Snoozed until ${until}: ${TEXT.badUntil}`);
  }
}
