/** Both ways of hearing of the same events, in this tab. */
import { gettext, interpolate } from "../gettext.js";
import { better } from "./figures.js";
import { CLOSE_DOWN, CLOSE_UP, bodyBytes, frameBytes, headBytes, utf8Bytes } from "./wire-bytes.js";

// The last poll may be late, and so may the end of the socket.
const PATIENCE_MS = 10_000;

/** @returns {Diagnostics.Lane} */
const newLane = () => ({ requests: 0, empty: 0, up: 0, down: 0, arrivals: new Map(), asked: [], failure: "", isExact: true });

/** Runs once. `changed` is called whenever there is something to show. */
export class ComparisonRun {
  /** @type {Diagnostics.Comparison} */
  state;
  #options;
  #changed;
  /** @type {Diagnostics.Run | null} */
  #run = null;
  /** What waits for a moment, or for the socket. @type {Set<() => void>} */
  #waiting = new Set();
  #isStopped = false;

  /** @param {Diagnostics.ComparisonOptions} options @param {{seconds: number, intervalMs: number}} asked @param {() => void} changed */
  constructor(options, { seconds, intervalMs }, changed) {
    this.#options = options;
    this.#changed = changed;
    this.state = { seconds, intervalMs, beganAt: 0, isOver: false, events: new Map(), socket: newLane(), polling: newLane(), clock: null };
  }

  /** Rejects where no run could be begun. */
  async start() {
    const { clock } = this.#options;
    this.#run = await this.#begin();
    this.state.beganAt = clock.now() + this.#run.begins_in_ms;
    // It may have been stopped before it had begun.
    if (!this.#isStopped) await Promise.all([this.#listen(), this.#poll()]);
    this.state.isOver = true;
    this.#changed();
    return this.state;
  }

  stop() {
    this.#isStopped = true;
    for (const end of this.#waiting) end();
  }

  /** @returns {Promise<Diagnostics.Run>} */
  async #begin() {
    const { url, fetch, csrfToken } = this.#options;
    const headers = { "Content-Type": "application/json", "X-CSRFToken": csrfToken() };
    const body = JSON.stringify({ seconds: this.state.seconds });
    const response = await fetch(`${url}diagnostics/runs`, { method: "POST", headers, body });
    const answer = await response.json().catch(() => null);
    if (!response.ok) throw new Error(answer?.detail ?? `HTTP ${response.status}`);
    return answer;
  }

  /** The socket, until it says that this was all. */
  #listen() {
    const { socketUrl, WebSocket, clock } = this.#options;
    const { socket: lane, seconds } = this.state;
    const connection = new WebSocket(`${socketUrl}diagnostics/?${new URLSearchParams({ run: this.#run?.run ?? "" })}`);
    lane.requests = 1;
    lane.asked.push(clock.now());
    return new Promise((resolve) => {
      const end = (failure = "") => {
        clock.clearTimeout(timer);
        lane.failure ||= failure;
        connection.onmessage = connection.onclose = null;
        connection.close();
        resolve(null);
      };
      const timer = clock.setTimeout(() => end(gettext("It did not end in time.")), seconds * 1000 + PATIENCE_MS);
      connection.onmessage = ({ data }) => this.#heard(data, end);
      connection.onclose = ({ code }) => end(interpolate(gettext("The connection ended before its time (%(code)s)."), { code }));
      this.#waiting.add(() => end(gettext("It was stopped.")));
    });
  }

  /** @param {string} text @param {(failure?: string) => void} end */
  #heard(text, end) {
    const { socket: lane, events } = this.state;
    lane.down += frameBytes(utf8Bytes(text), "in");
    const frame = JSON.parse(text);
    if (frame.type === "begin") {
      lane.up += frame.up;
      lane.down += frame.down;
      lane.isExact = frame.is_exact;
    }
    if (frame.type === "event") {
      events.set(frame.id, frame.at_ms);
      lane.arrivals.set(frame.id, this.#options.clock.now());
    }
    if (frame.type === "bye") return end(`${frame.reason} (${frame.code})`);
    if (frame.type === "end") {
      lane.up += CLOSE_UP;
      lane.down += CLOSE_DOWN;
      end();
    }
    this.#changed();
  }

  /** Asks again and again, until it is told that this was all. */
  async #poll() {
    const { clock } = this.#options;
    const { polling: lane, beganAt, intervalMs, seconds } = this.state;
    for (let turn = 1; !this.#isStopped; turn++) {
      const dueAt = beganAt + turn * intervalMs;
      if (dueAt > beganAt + seconds * 1000 + intervalMs + PATIENCE_MS) return void (lane.failure = gettext("It did not end in time."));
      await this.#wait(Math.max(0, dueAt - clock.now()));
      if (this.#isStopped) return void (lane.failure = gettext("It was stopped."));
      if (await this.#ask().catch((error) => void (lane.failure = String(error.message)))) return undefined;
    }
    return undefined;
  }

  /** Until then, or until it is stopped. @param {number} ms */
  #wait(ms) {
    const { clock } = this.#options;
    return new Promise((resolve) => {
      const end = () => {
        clock.clearTimeout(timer);
        this.#waiting.delete(end);
        resolve(null);
      };
      const timer = clock.setTimeout(end, ms);
      this.#waiting.add(end);
    });
  }

  /** Whether that was the last time. */
  async #ask() {
    const { url, fetch, clock } = this.#options;
    const { polling: lane, events } = this.state;
    const after = Math.max(0, ...lane.arrivals.keys());
    const query = new URLSearchParams({ run: this.#run?.run ?? "", after: String(after) });
    const began = clock.now();
    lane.requests++;
    lane.asked.push(began);
    const response = await fetch(`${url}diagnostics/events?${query}`, { cache: "no-store" });
    const text = await response.text();
    const at = clock.now();
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    /** @type {Diagnostics.PolledEvents} */
    const answer = JSON.parse(text);
    lane.failure = "";
    lane.up += answer.request_bytes;
    lane.down += headBytes(response) + bodyBytes(response, text);
    lane.empty += Number(!answer.events.length);
    const half = (at - began) / 2;
    this.state.clock = better(this.state.clock, { offset: answer.now_ms - (began + half), doubt: half });
    for (const { id, at_ms } of answer.events) {
      events.set(id, at_ms);
      lane.arrivals.set(id, at);
    }
    this.#changed();
    return answer.is_over;
  }
}
