/** One request after another, each held by the server until there is something to say: the last resort. */
import { CloseCode } from "../contract.js";
import { byeOf, withQuery } from "./http.js";

const ABNORMAL = 1006;
const RESTARTED = 1012;
const WAIT_S = 25;
// Beyond what a request may take there is nobody any more.
const PING_INTERVAL_S = 2 * WAIT_S;
const EARLY_MS = 1_000;

/** @param {Inbox.Services} services @returns {Inbox.Open} */
export const transport = (services) => (cursor, events) => new LongPoll(services, cursor, events);

class LongPoll {
  #services;
  #events;
  #abort;
  #user = "";

  constructor(services, cursor, events) {
    this.#services = services;
    this.#events = events;
    this.#begin(cursor);
  }

  /** The cursor of each request is the receipt of what came before. */
  send(text) {
    const { type, epoch, since } = JSON.parse(text);
    if (type === "resume") this.#begin(since === null ? null : { epoch, since });
    if (type === "ping") this.#begin(this.#events.cursor());
  }

  close() {
    this.#abort.abort();
  }

  async #begin(cursor) {
    this.#abort?.abort();
    const { signal } = (this.#abort = new AbortController());
    let code;
    try {
      // The first one is not held: a connection must say hello within seconds.
      let next = await this.#poll(cursor, 0, signal);
      while (next) next = await this.#poll(next, WAIT_S, signal);
    } catch (error) {
      ({ code = ABNORMAL } = /** @type {any} */ (error));
    }
    if (!signal.aborted) this.#events.close(code ?? ABNORMAL);
  }

  /** The cursor of the next request; null: there is none. */
  async #poll(cursor, wait, signal) {
    const { fetch, url, clock } = this.#services;
    const startedAt = clock.now();
    const response = await fetch(withQuery(`${url}inbox/poll`, { ...cursor, wait }), { cache: "no-store", signal });
    if (!response.ok) return this.#refused(byeOf(response), signal);
    const answer = await response.json();
    if (signal.aborted) return null;
    if (wait && answer.user !== this.#user) return this.#refused(BYE_TO_ANOTHER, signal);
    if (!wait) this.#hello(answer, response.headers.get("Date"));
    for (const frame of answer.frames) if (!signal.aborted) this.#tell(frame);
    if (!answer.frames.length) this.#tell({ type: wait ? "ping" : "synced", revision: answer.revision });
    if (signal.aborted) return null;
    // A server that is about to restart lets go of those that it holds.
    const isEarly = clock.now() - startedAt < wait * 1000 - EARLY_MS;
    if (!answer.frames.length && isEarly) throw { code: RESTARTED };
    return this.#next(cursor, answer);
  }

  /** An answer that brought nobody forward would be asked for again without a pause. */
  #next(cursor, { frames }) {
    const next = this.#events.cursor();
    const isStuck = frames.length && next?.epoch === cursor?.epoch && next?.since === cursor?.since;
    if (!next || isStuck) throw { code: ABNORMAL };
    return next;
  }

  #hello({ user, epoch, revision, floor }, date) {
    this.#user = user;
    const server_time = new Date(date ?? Date.now()).toISOString();
    this.#tell({ type: "hello", user, epoch, revision, floor, server_time, ping_interval_s: PING_INTERVAL_S });
  }

  #refused(bye, signal) {
    if (bye && !signal.aborted) this.#tell(bye);
    return null;
  }

  #tell(frame) {
    this.#events.message(JSON.stringify(frame));
  }
}

const BYE_TO_ANOTHER = { type: "bye", code: CloseCode.SIGNED_OUT, reason: "other user", reconnect: false, after_ms: 0 };
