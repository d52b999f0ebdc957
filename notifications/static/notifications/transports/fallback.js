/** Which transport comes after one that is blocked, and when WebSocket is tried again. */
import { parse } from "../protocol.js";

/** @type {Inbox.TransportName[]} */
const ORDER = ["ws", "sse", "poll"];
const REMEMBER_MS = 30 * 60_000;
const TRY_WEBSOCKET_MS = 10 * 60_000;
// Of a hidden page, later.
const LOOK_AGAIN_MS = 30_000;
const PROOF_TIMEOUT_MS = 5_000;

export class Fallback {
  #options;
  /** @type {Inbox.Timer} */
  #timer = null;

  /** @param {Inbox.FallbackOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /** After the last one comes the first. @param {Inbox.TransportName} failed */
  next(failed) {
    this.#store(null);
    return ORDER[(ORDER.indexOf(failed) + 1) % ORDER.length];
  }

  /** @param {Inbox.TransportName} transport */
  works(transport) {
    this.#store({ transport, until: Date.now() + REMEMBER_MS });
    if (!this.#timer) this.#tryLater(TRY_WEBSOCKET_MS);
  }

  async #tryWebSocket() {
    const { client, isVisible, transports } = this.#options;
    this.#timer = null;
    // The next to be live tries it.
    if (client.state !== "live" || client.leader || transports.transport === "ws") return;
    if (isVisible() && (await this.#isProven())) return this.#return();
    this.#tryLater(isVisible() ? TRY_WEBSOCKET_MS : LOOK_AGAIN_MS);
  }

  /** @param {number} ms */
  #tryLater(ms) {
    this.#timer = this.#options.clock.setTimeout(() => this.#tryWebSocket(), ms);
  }

  #return() {
    this.#store(null);
    this.#options.transports.transport = "ws";
    this.#options.client.reconnect({ gently: true });
  }

  /** Whether a WebSocket brings a frame, beside the transport that is in use. */
  async #isProven() {
    const { opener, clock, client } = this.#options;
    const { epoch, revision } = client.inbox;
    const cursor = { epoch, since: revision };
    /** @type {Inbox.Transport | undefined} */
    let socket;
    let isOver = false;
    /** @type {boolean} */
    const isProven = await new Promise((resolve) => {
      /** @type {Inbox.TransportEvents} */
      const events = {
        message: (text) => resolve(["hello", "bye"].includes(parse(text)?.type ?? "")),
        close: () => resolve(false),
        cursor: () => cursor,
      };
      clock.setTimeout(() => resolve(false), PROOF_TIMEOUT_MS);
      // A token may come when the answer is given already: a socket that nobody closes would stay.
      opener("ws").then(
        (open) => {
          if (!isOver) socket = open(cursor, events);
        },
        () => resolve(false),
      );
    });
    isOver = true;
    socket?.close();
    return isProven;
  }

  /** @param {{transport: Inbox.TransportName, until: number} | null} memory */
  #store(memory) {
    try {
      const { storage, key } = this.#options;
      if (memory) storage?.setItem(key, JSON.stringify(memory));
      else storage?.removeItem(key);
    } catch {
      // Full: then each page finds out for itself.
    }
  }
}
