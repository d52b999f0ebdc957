/**
 * Server-sent events, read by fetch: EventSource shows no status, sends no Authorization, and has a
 * retry loop of its own. Loaded only where WebSocket does not work.
 */
import { CloseCode } from "../contract.js";
import { byeOf, cursorOf, withQuery } from "./http.js";

const ABNORMAL = 1006;
const CARRIES_STATE = ["changes", "snapshot"];

/** @typedef {Pick<Inbox.HttpOptions, "url" | "fetch" | "api">} Options */

/** @param {Options} services @returns {Inbox.Open} */
export const transport = (services) => (cursor, events) => new EventStream(services, cursor, events);

/** @implements {Inbox.Transport} */
class EventStream {
  #services;
  #events;
  #abort = new AbortController();
  /** The epoch and revision of the last receipt. */
  #reported = "";
  #isReported = true;

  /** @param {Options} services @param {Inbox.Cursor | null} cursor @param {Inbox.TransportEvents} events */
  constructor(services, cursor, events) {
    this.#services = services;
    this.#events = events;
    this.#open(cursor);
  }

  /**
   * Nothing goes up a stream: what a socket would be told is asked for by opening another one.
   * @param {string} text
   */
  send(text) {
    /** @type {Inbox.ClientFrame} */
    const frame = JSON.parse(text);
    if (frame.type === "resume") this.#open(cursorOf(frame));
    if (frame.type === "ping") this.#open(this.#events.cursor());
    if (frame.type === "pong" && frame.revision) this.#report(frame.epoch, frame.revision);
  }

  close() {
    this.#abort.abort();
  }

  /** @param {Inbox.Cursor | null} cursor */
  async #open(cursor) {
    this.#abort.abort();
    const { signal } = (this.#abort = new AbortController());
    try {
      const response = await this.#services.fetch(withQuery(`${this.#services.url}inbox/events`, cursor), {
        headers: { Accept: "text/event-stream" },
        cache: "no-store",
        signal,
      });
      const isStream = response.ok && response.headers.get("Content-Type")?.startsWith("text/event-stream");
      const bye = byeOf(response);
      if (isStream && response.body) await this.#read(response.body.getReader(), signal);
      else if (bye && !signal.aborted) this.#events.message(JSON.stringify(bye));
    } catch {
      // Cut off, or never there: the connection hears of it below.
    }
    // Also one that is not to be read to its end holds a socket.
    if (!signal.aborted) this.#events.close(ABNORMAL);
    if (this.#abort.signal === signal) this.#abort.abort();
  }

  /** @param {ReadableStreamDefaultReader<BufferSource>} reader @param {AbortSignal} signal */
  async #read(reader, signal) {
    const decoder = new TextDecoder();
    const parser = new EventParser();
    let isFull = false;
    for (;;) {
      const { value, done } = await reader.read();
      if (done || signal.aborted) return;
      for (const { event, data } of parser.push(decoder.decode(value, { stream: true }))) {
        if (event === "bye" && isFull && isLeaveToGoOn(data)) return void this.#open(this.#events.cursor());
        isFull ||= CARRIES_STATE.includes(event);
        this.#events.message(data);
        if (signal.aborted) return;
      }
    }
  }

  /**
   * The receipt of what came; the server may not want any. One at a time: the last one counts.
   * @param {string} epoch
   * @param {number} revision
   */
  async #report(epoch, revision) {
    if (!this.#isReported || this.#reported === `${epoch} ${revision}`) return;
    this.#reported = `${epoch} ${revision}`;
    this.#isReported = false;
    this.#isReported = await this.#services.api.delivered(epoch, revision).then(
      () => true,
      (/** @type {Partial<Inbox.Refusal>} */ { status = 0 }) => status < 400 || status >= 500,
    );
  }
}

/**
 * The response was long enough, and its server waits for the next request: the receipt of this one.
 * @param {string} data
 */
function isLeaveToGoOn(data) {
  /** @type {Inbox.ByeFrame} */
  const { code, after_ms } = JSON.parse(data);
  return code === CloseCode.RENEW && after_ms === 0;
}

/** Cuts a text/event-stream into events, whatever pieces it comes in. */
export class EventParser {
  #rest = "";

  /** @param {string} text @returns {{event: string, data: string}[]} those that are complete now */
  push(text) {
    // A CR that ends a piece may be half of a line's end.
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    /** @type {{event: string, data: string}[]} */
    const events = [];
    let event = "message";
    /** @type {string[]} */
    let data = [];
    let from = 0;
    lines.forEach((line, at) => {
      if (at === lines.length - 1) return;
      const [, field, value] = line.match(/^([^:]*):? ?(.*)$/s) ?? [];
      if (line === "") {
        if (data.length) events.push({ event, data: data.join("\n") });
        [event, data, from] = ["message", [], at + 1];
      } else if (field === "event") event = value;
      else if (field === "data") data.push(value);
    });
    this.#rest = lines.slice(from).join("\n");
    return events;
  }
}
