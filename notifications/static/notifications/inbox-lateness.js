/** Since when what a page shows may be old, and what is to be said of that. No DOM. */
import { clockTime } from "./time.js";
import { TEXT, offlineText } from "./words.js";

const LATE_AFTER_MS = 5_000;

export class Lateness {
  /** Empty: nothing. */
  text = "";
  #client;
  #changed;
  /** @type {Inbox.Timer} */
  #timer = null;
  #isLate = false;
  #liveAt;

  /** @param {Inbox.Client} client @param {() => void} changed */
  constructor(client, changed) {
    this.#client = client;
    this.#changed = changed;
    // The page was drawn just now.
    this.#liveAt = client.now();
    client.addEventListener("state", () => this.#look());
    this.#look();
  }

  #look() {
    const { state, clock } = this.#client;
    // From one try to the next it is as late as it was.
    const isFine = ["live", "stopped"].includes(state);
    if (isFine) {
      clock.clearTimeout(this.#timer);
      this.#timer = null;
      this.#isLate = false;
    } else {
      if (!this.#timer) this.#liveAt = this.#client.now();
      this.#timer ??= clock.setTimeout(() => this.#becomeLate(), LATE_AFTER_MS);
    }
    this.#say();
  }

  #becomeLate() {
    this.#isLate = true;
    this.#say();
  }

  #say() {
    // What the browser knows needs no time to be sure.
    const isOffline = this.#client.state === "offline";
    const late = this.#isLate ? TEXT.late : "";
    const text = isOffline ? offlineText(clockTime(this.#liveAt)) : late;
    if (text === this.text) return;
    this.text = text;
    this.#changed();
  }
}
