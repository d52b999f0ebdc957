/** Where the figures come from: a WebSocket, and where none gets through, a question each second. */

import { gettext } from "./gettext.js";

const EVERY_MS = 1_000;
// After so many sockets that said nothing, it is asked for a while.
const SILENT_MAX = 2;
const ASK_FOR_MS = 30_000;
const BACK_MS = [500, 1_000, 2_000, 5_000, 10_000];
const STOPS = new Map([
  [4001, () => gettext("You have been signed out.")],
  [4003, () => gettext("You may not watch this any more.")],
]);
const STATUS_STOPS = new Map([
  [401, () => gettext("You have been signed out.")],
  [403, () => gettext("You may not watch this any more.")],
]);

/**
 * @typedef {{frame: (frame: any) => void, stopped: (why: string) => void}} Events
 * @typedef {{clock: Inbox.Clock, Socket: new (url: string) => Inbox.Socket, fetch: typeof fetch}} Services
 */

export class Feed {
  #socketUrl;
  #figuresUrl;
  #events;
  #services;
  #tries = 0;
  #silent = 0;
  #askUntil = 0;
  #isOver = false;

  /** @param {{socket: string, figures: string}} urls @param {Events} events @param {Services} services */
  constructor(urls, events, services) {
    this.#socketUrl = urls.socket;
    this.#figuresUrl = urls.figures;
    this.#events = events;
    this.#services = services;
  }

  begin() {
    const socket = new this.#services.Socket(this.#socketUrl);
    let hasSpoken = false;
    socket.onmessage = ({ data }) => {
      hasSpoken = true;
      this.#silent = this.#tries = 0;
      this.#events.frame(JSON.parse(data));
    };
    socket.onclose = ({ code }) => {
      if (this.#stops(STOPS.get(code)?.())) return;
      this.#silent = hasSpoken ? 0 : this.#silent + 1;
      if (this.#silent >= SILENT_MAX) {
        this.#askUntil = this.#services.clock.now() + ASK_FOR_MS;
        this.#ask();
      } else this.#later(() => this.begin());
    };
  }

  async #ask() {
    try {
      const answer = await this.#services.fetch(this.#figuresUrl, { headers: { Accept: "application/json" } });
      if (this.#stops(STATUS_STOPS.get(answer.status)?.())) return;
      if (answer.ok) {
        this.#tries = 0;
        this.#events.frame(await answer.json());
      }
    } catch {
      // No answer: what is shown grows old, and says so.
    }
    if (this.#services.clock.now() >= this.#askUntil) this.begin();
    else this.#services.clock.setTimeout(() => this.#ask(), EVERY_MS);
  }

  /** @param {() => void} again */
  #later(again) {
    const wait = BACK_MS[Math.min(this.#tries++, BACK_MS.length - 1)];
    this.#services.clock.setTimeout(again, wait * (0.5 + Math.random()));
  }

  /** @param {string | undefined} why */
  #stops(why) {
    if (!why || this.#isOver) return this.#isOver;
    this.#isOver = true;
    this.#events.stopped(why);
    return true;
  }
}
