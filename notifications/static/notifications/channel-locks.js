/**
 * What Web Locks do, where a page has none, as over plain HTTP: tabs settle by BroadcastChannel which
 * of them holds a name. Two may think so for a moment; then the one that is ahead stays. Loaded only
 * where it is needed.
 */

// Where no holder is known; a tab that answers may be busy with its own start.
const START_MS = 300;
// Messages reach a hidden tab at once, so that a holder that lives has answered by then.
const ANSWER_MS = 1_500;
const CLAIM_MS = 200;
// How long a holder is taken to be there: one that crashed says nothing.
const WATCH_MS = 3_000;

export class ChannelLocks {
  #options;
  #seen = { term: 0 };

  /** @param {Inbox.LockOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /** @type {Inbox.Locks["request"]} */
  request(name, { signal, steal = false }, hold) {
    const channel = this.#options.channel(`${name}:lock`);
    return new Promise((resolve, reject) => {
      new Contender({ ...this.#options, channel, seen: this.#seen, hold, resolve, reject }).start(signal, steal);
    });
  }
}

/** One request: it waits, claims what seems free, holds it, and is gone. */
class Contender {
  #options;
  #id;
  /** @type {"waiting" | "claiming" | "holding" | "gone"} */
  #state = "waiting";
  #term = 0;
  /** @type {Inbox.Timer} */
  #timer;

  /** @param {Inbox.ContenderOptions} options */
  constructor(options) {
    this.#options = options;
    this.#id = String(options.random());
    options.channel.onmessage = ({ data }) => this.#hear(data);
  }

  /** @param {AbortSignal | undefined} signal @param {boolean} steal */
  start(signal, steal) {
    // What is held is given back by who holds it.
    signal?.addEventListener("abort", () => ["waiting", "claiming"].includes(this.#state) && this.#lose());
    if (steal) this.#hold(this.#nextTerm());
    else this.#ask(START_MS);
  }

  /** @param {Inbox.LockMessage} message */
  #hear({ type, term, id }) {
    const { seen } = this.#options;
    const isAhead = term > this.#term || (term === this.#term && id < this.#id);
    seen.term = Math.max(seen.term, term);
    if (this.#state === "holding") {
      if (type === "held" && isAhead) this.#lose();
      else if (type !== "free") this.#post("held");
    } else if (type === "held" || (type === "claim" && (this.#state === "waiting" || isAhead))) this.#wait();
    else if (type === "claim") this.#post("claim");
    else if (type === "free" && this.#state === "waiting") this.#claim();
  }

  /** @param {number} ms */
  #ask(ms) {
    this.#post("who");
    this.#after(ms, () => this.#claim());
  }

  #wait() {
    this.#state = "waiting";
    this.#after(WATCH_MS, () => this.#ask(ANSWER_MS));
  }

  /** Whoever holds it says so before the time is up, and who claims it too may be ahead. */
  #claim() {
    this.#state = "claiming";
    this.#term = this.#nextTerm();
    this.#post("claim");
    this.#after(CLAIM_MS, () => this.#hold(this.#term));
  }

  /** @param {number} term */
  async #hold(term) {
    const { hold, resolve, clock } = this.#options;
    clock.clearTimeout(this.#timer);
    this.#state = "holding";
    this.#term = term;
    this.#post("held");
    const answer = await hold();
    if (this.#state !== "holding") return;
    this.#post("free");
    this.#leave();
    resolve(answer);
  }

  #lose() {
    this.#leave();
    this.#options.reject(Object.assign(new Error("Another tab has it."), { name: "AbortError" }));
  }

  /** What is said to a page in the back/forward cache would evict it. */
  #leave() {
    const { channel, clock } = this.#options;
    this.#state = "gone";
    clock.clearTimeout(this.#timer);
    channel.onmessage = null;
    channel.close();
  }

  #nextTerm() {
    return ++this.#options.seen.term;
  }

  /** @param {Inbox.LockMessage["type"]} type */
  #post(type) {
    /** @type {Inbox.LockMessage} */
    const message = { type, term: this.#term, id: this.#id };
    this.#options.channel.postMessage(message);
  }

  /** @param {number} ms @param {() => void} call */
  #after(ms, call) {
    const { clock } = this.#options;
    clock.clearTimeout(this.#timer);
    this.#timer = clock.setTimeout(call, ms);
  }
}
