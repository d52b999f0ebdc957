/** Which transport comes after one that is blocked, and when WebSocket is tried again. */
import { parse } from "../protocol.js";

const ORDER = ["ws", "sse", "poll"];
const REMEMBER_MS = 30 * 60_000;
const TRY_WEBSOCKET_MS = 10 * 60_000;
// Of a hidden page, later.
const LOOK_AGAIN_MS = 30_000;
const PROOF_TIMEOUT_MS = 5_000;

export class Fallback {
  #options;
  #timer;

  /** @param {Inbox.FallbackOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /** After the last one comes the first. */
  next(failed) {
    this.#store(null);
    return ORDER[(ORDER.indexOf(failed) + 1) % ORDER.length];
  }

  works(transport) {
    this.#store({ transport, until: Date.now() + REMEMBER_MS });
    this.#timer ??= this.#options.clock.setTimeout(() => this.#tryWebSocket(), TRY_WEBSOCKET_MS);
  }

  async #tryWebSocket() {
    const { client, clock, isVisible, transports } = this.#options;
    this.#timer = null;
    // The next to be live tries it.
    if (client.state !== "live" || client.leader || transports.transport === "ws") return;
    if (isVisible() && (await this.#isProven())) return this.#return();
    this.#timer = clock.setTimeout(() => this.#tryWebSocket(), isVisible() ? TRY_WEBSOCKET_MS : LOOK_AGAIN_MS);
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
    let socket;
    let isOver = false;
    const isProven = await new Promise((resolve) => {
      const message = (text) => resolve(["hello", "bye"].includes(parse(text)?.type));
      const events = { message, close: () => resolve(false), cursor: () => cursor };
      clock.setTimeout(() => resolve(false), PROOF_TIMEOUT_MS);
      // A token may come when the answer is given already: a socket that nobody closes would stay.
      opener("ws").then((open) => isOver || (socket = open(cursor, events)), () => resolve(false));
    });
    isOver = true;
    socket?.close();
    return isProven;
  }

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
