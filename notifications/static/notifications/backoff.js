import { isRevision } from "./protocol.js";

const BASE_MS = 500;
const CAP_MS = 20_000;
const STEADY_MS = 10_000;
const WAKE_JITTER_MS = 1_000;
// Beyond, timers fire at once.
const DELAY_MAX_MS = 2 ** 31 - 1;

/** Connects again. Full jitter: clients lost at one moment do not come back at one moment. */
export class Backoff {
  at = 0;
  #clock;
  #random;
  #connect;
  #tries = 0;
  /** @type {Inbox.Timer} */
  #timer;
  /** @type {Inbox.Timer} */
  #steadyTimer;
  #notBefore = 0;

  /** @param {{clock: Inbox.Clock, random: () => number}} options @param {() => void} connect */
  constructor({ clock, random }, connect) {
    this.#clock = clock;
    this.#random = random;
    this.#connect = connect;
  }

  /** @param {Inbox.ByeFrame | null} [bye] */
  after(bye) {
    // 0 is no leave to knock without a pause.
    const asked = bye?.after_ms;
    const afterMs = isRevision(asked) ? asked : 0;
    this.#notBefore = this.#clock.now() + afterMs;
    this.#in(afterMs || this.#random() * Math.min(CAP_MS, BASE_MS * 2 ** this.#tries++));
  }

  soon() {
    this.#in(Math.max(this.#random() * WAKE_JITTER_MS, this.#notBefore - this.#clock.now()));
  }

  stop() {
    this.#clock.clearTimeout(this.#timer);
    this.unsteady();
  }

  reset() {
    this.stop();
    this.#tries = 0;
  }

  steady() {
    this.unsteady();
    this.#steadyTimer = this.#clock.setTimeout(() => (this.#tries = 0), STEADY_MS);
  }

  unsteady() {
    this.#clock.clearTimeout(this.#steadyTimer);
  }

  /** @param {number} delayMs */
  #in(delayMs) {
    this.#clock.clearTimeout(this.#timer);
    this.at = this.#clock.now() + delayMs;
    this.#timer = this.#clock.setTimeout(this.#connect, Math.min(delayMs, DELAY_MAX_MS));
  }
}
