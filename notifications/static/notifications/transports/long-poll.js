/** One request after another, each held by the server until there is something to say: the last resort. */
import { CloseCode } from "../contract.js";
import { byeOf, cursorOf, withQuery } from "./http.js";

const ABNORMAL = 1006;
const RESTARTED = 1012;
const WAIT_S = 25;
// Beyond what a request may take there is nobody any more.
const PING_INTERVAL_S = 2 * WAIT_S;
const EARLY_MS = 1_000;

/** @typedef {Pick<Inbox.HttpOptions, "url" | "fetch" | "clock">} Options */

/** @param {Options} services @returns {Inbox.Open} */
export const transport = (services) => (cursor, events) => new LongPoll(services, cursor, events);

/** @implements {Inbox.Transport} */
class LongPoll {
  #services;
  #events;
  #abort = new AbortController();
  #user = "";

  /** @param {Options} services @param {Inbox.Cursor | null} cursor @param {Inbox.TransportEvents} events */
  constructor(services, cursor, events) {
    this.#services = services;
    this.#events = events;
    this.#begin(cursor);
  }

  /** The cursor of each request is the receipt of what came before. @param {string} text */
  send(text) {
    /** @type {Inbox.ClientFrame} */
    const frame = JSON.parse(text);
    if (frame.type === "resume") this.#begin(cursorOf(frame));
    if (frame.type === "ping") this.#begin(this.#events.cursor());
  }

  close() {
    this.#abort.abort();
  }

  /** @param {Inbox.Cursor | null} cursor */
  async #begin(cursor) {
    this.#abort.abort();
    const { signal } = (this.#abort = new AbortController());
    let code = ABNORMAL;
    try {
      // The first one is not held: a connection must say hello within seconds.
      let next = await this.#poll(cursor, 0, signal);
      while (next) next = await this.#poll(next, WAIT_S, signal);
    } catch (error) {
      ({ code = ABNORMAL } = /** @type {{code?: number}} */ (error));
    }
    if (!signal.aborted) this.#events.close(code);
  }

  /**
   * The cursor of the next request; null: there is none.
   * @param {Inbox.Cursor | null} cursor
   * @param {number} wait in seconds
   * @param {AbortSignal} signal
   * @returns {Promise<Inbox.Cursor | null>}
   */
  async #poll(cursor, wait, signal) {
    const { fetch, url, clock } = this.#services;
    const startedAt = clock.now();
    const response = await fetch(withQuery(`${url}inbox/poll`, { ...cursor, wait }), { cache: "no-store", signal });
    if (!response.ok) return this.#refused(byeOf(response), signal);
    /** @type {Inbox.PollAnswer} */
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

  /**
   * An answer that brought nobody forward would be asked for again without a pause.
   * @param {Inbox.Cursor | null} cursor
   * @param {Inbox.PollAnswer} answer
   */
  #next(cursor, { frames }) {
    const next = this.#events.cursor();
    const isStuck = frames.length && next?.epoch === cursor?.epoch && next?.since === cursor?.since;
    if (!next || isStuck) throw { code: ABNORMAL };
    return next;
  }

  /** @param {Inbox.PollAnswer} answer @param {string | null} date */
  #hello({ user, epoch, revision }, date) {
    this.#user = user;
    const server_time = new Date(date ?? Date.now()).toISOString();
    this.#tell({ type: "hello", user, epoch, revision, server_time, ping_interval_s: PING_INTERVAL_S });
  }

  /** @param {Inbox.ByeFrame | null} bye @param {AbortSignal} signal */
  #refused(bye, signal) {
    if (bye && !signal.aborted) this.#tell(bye);
    return null;
  }

  /** @param {Inbox.Frame} frame */
  #tell(frame) {
    this.#events.message(JSON.stringify(frame));
  }
}

/** @type {Inbox.ByeFrame} */
const BYE_TO_ANOTHER = { type: "bye", code: CloseCode.SIGNED_OUT, reason: "other user", reconnect: false, after_ms: 0 };
