/**
 * Stands between the page and its WebSockets: shows what passes, and can do to the stream what
 * networks do. It has to be loaded before the bell is.
 */
import { frameBytes, utf8Bytes } from "./wire-bytes.js";

const Native = globalThis.WebSocket;
const ABNORMAL = 1006;

/** The stream of notifications, and no other socket. @param {string | URL} url */
const isStream = (url) => new URL(url, location.href).pathname.endsWith("/ws/notifications/");

class Tap extends EventTarget {
  /** Whether it is the browser's own that we stand before. */
  isNative = Function.prototype.toString.call(Native).includes("[native code]");
  isRefusing = false;
  /** Those of the stream that are open. @type {Set<TappedSocket>} */
  sockets = new Set();

  /** What the browser and the server agreed to add to the stream's frames; null: there is none. */
  get extensions() {
    const [socket] = this.sockets;
    return socket?.extensions ?? null;
  }

  /** Ends the stream as a network does that breaks. */
  cut() {
    for (const socket of [...this.sockets]) socket.breakOff();
  }

  /** Lets nothing through any more, and says so to nobody. */
  silence() {
    for (const socket of this.sockets) socket.isSilent = true;
  }

  /** @param {Diagnostics.Passed} detail */
  passed(detail) {
    this.dispatchEvent(new CustomEvent("frame", { detail }));
  }

  changed() {
    this.dispatchEvent(new CustomEvent("sockets"));
  }
}

export const tap = new Tap();

class TappedSocket extends Native {
  isSilent = false;
  #isStream;
  #hasBroken = false;

  /** @param {string | URL} url @param {string | string[]} [protocols] */
  constructor(url, protocols) {
    super(url, protocols);
    this.#isStream = isStream(url);
    if (!this.#isStream) return;
    // Before those of whoever opens it, so that we can keep things from them.
    this.addEventListener("open", () => void (tap.sockets.add(this), tap.changed()));
    this.addEventListener("message", (event) => this.#heard(event));
    this.addEventListener("close", (event) => this.#ended(event));
  }

  /** @param {string | Blob | BufferSource} data @override */
  send(data) {
    if (this.isSilent) return;
    super.send(data);
    if (this.#isStream) this.#tell("out", data);
  }

  /** @param {number} [code] @param {string} [reason] @override */
  close(code, reason) {
    this.#leave();
    super.close(code, reason);
  }

  breakOff() {
    this.#leave();
    this.dispatchEvent(new CloseEvent("close", { code: ABNORMAL }));
    this.#hasBroken = true;
    super.close();
  }

  /** @param {MessageEvent} event */
  #heard(event) {
    if (this.isSilent) return event.stopImmediatePropagation();
    this.#tell("in", event.data);
    return undefined;
  }

  /** @param {CloseEvent} event */
  #ended(event) {
    // A link that is dead says nothing, not even that.
    if (this.#hasBroken || this.isSilent) event.stopImmediatePropagation();
    this.#leave();
  }

  #leave() {
    if (tap.sockets.delete(this)) tap.changed();
  }

  /** @param {Diagnostics.Direction} direction @param {unknown} data */
  #tell(direction, data) {
    const text = typeof data === "string" ? data : "";
    tap.passed({ direction, text, bytes: frameBytes(utf8Bytes(text), direction), at: performance.now() });
  }
}

/** As where a firewall lets no WebSocket pass. */
class RefusedSocket extends EventTarget {
  readyState = Native.CLOSED;
  /** @type {((event: CloseEvent) => void) | null} */
  onclose = null;
  onmessage = null;

  constructor() {
    super();
    setTimeout(() => this.onclose?.(new CloseEvent("close", { code: ABNORMAL })));
  }

  send() {}
  close() {}
}

globalThis.WebSocket = new Proxy(TappedSocket, {
  construct: (socketClass, given, newTarget) =>
    tap.isRefusing && isStream(given[0]) ? new RefusedSocket() : Reflect.construct(socketClass, given, newTarget),
});
