/** Lets promises that wait for nothing but each other come to an end. */
export async function settle() {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

/** Time that moves only when it is told to. */
export class FakeClock {
  #now = 0;
  #timers = new Map();
  #nextId = 1;

  now() {
    return this.#now;
  }

  setTimeout(call, ms) {
    const id = this.#nextId++;
    this.#timers.set(id, { at: this.#now + Math.max(0, ms), id, call });
    return id;
  }

  clearTimeout(id) {
    this.#timers.delete(id);
  }

  get pendingCount() {
    return this.#timers.size;
  }

  /** When the next timer is due, in milliseconds from now. */
  get nextInMs() {
    return this.#next() ? this.#next().at - this.#now : Infinity;
  }

  async advance(ms) {
    const end = this.#now + ms;
    await settle();
    for (let timer = this.#next(); timer && timer.at <= end; timer = this.#next()) {
      this.#timers.delete(timer.id);
      this.#now = Math.max(this.#now, timer.at);
      timer.call();
      await settle();
    }
    this.#now = end;
  }

  /** As when a device slept: time is past before any timer fires. */
  async sleep(ms) {
    this.#now += ms;
    await this.advance(0);
  }

  #next() {
    let next;
    for (const timer of this.#timers.values()) {
      if (!next || timer.at < next.at || (timer.at === next.at && timer.id < next.id)) next = timer;
    }
    return next;
  }
}

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
