export const BASE_MS = 500;
export const CAP_MS = 20_000;

/** Full jitter: clients that lost one server at one moment do not come back at one moment. */
export class Backoff {
  #tries = 0;
  #random;

  constructor(random) {
    this.#random = random;
  }

  /** The next delay, in milliseconds. */
  next() {
    return this.#random() * Math.min(CAP_MS, BASE_MS * 2 ** this.#tries++);
  }

  reset() {
    this.#tries = 0;
  }
}
