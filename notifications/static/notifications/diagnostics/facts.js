/** What this page knows of its connection. */
import { msText } from "./figures.js";

/** @type {Record<string, string>} */
const NAMES = { ws: "WebSocket", sse: "Server-sent events", poll: "Long polling" };
const STATES = { connecting: "connecting", waiting: "reconnecting", live: "live", offline: "offline", stopped: "ended" };

/** @param {Inbox.TransportName | ""} transport */
const transportName = (transport) => NAMES[transport] ?? "Not known yet";

/** Which transport, and why that one. @param {{transport: Inbox.TransportName | "", only: string | null, isRefusing: boolean}} known */
function transportReason({ transport, only, isRefusing }) {
  if (only) return "The page asks for this one and no other.";
  if (transport === "ws") return "It comes first, and it works here.";
  const others = transport === "poll" ? "WebSocket and server-sent events" : "WebSocket";
  const cause = isRefusing ? "This tab refuses WebSocket, as you asked it to." : `${others} did not work here, on this way to the server.`;
  return `${cause} WebSocket is tried again every 10 minutes.`;
}

/** How many tabs of this browser share one connection; null: the browser does not tell. @param {string} name of their lock */
export async function tabsSharing(name) {
  if (!navigator.locks) return null;
  const { held = [], pending = [] } = await navigator.locks.query();
  return [...held, ...pending].filter((lock) => lock.name === name).length;
}

/** @param {number | null} count @param {boolean} leads */
export function tabsText(count, leads) {
  const who = leads ? "this one" : "another one";
  if (count === null) return `The browser does not tell how many tabs there are; ${who} holds the connection.`;
  if (count < 2) return "One: this one has the connection for itself.";
  return `${count} tabs share it; ${who} holds it for all.`;
}

/** Watches the heartbeat in what passes. */
export class Heartbeat {
  /** @type {number | null} */
  intervalS = null;
  /** When the server's last one came, by performance.now(). @type {number | null} */
  lastAt = null;
  /** There and back, in milliseconds. @type {number | null} */
  roundTripMs = null;
  /** @type {number | null} */
  #askedAt = null;

  /** @param {Diagnostics.Passed} passed */
  passed({ direction, text, at }) {
    const frame = frameOf(text);
    if (direction === "out") {
      if (frame?.type === "ping") this.#askedAt = at;
      return;
    }
    if (frame?.type === "hello") {
      this.intervalS = frame.ping_interval_s;
      this.lastAt = null;
    }
    if (frame?.type === "ping") this.lastAt = at;
    if (frame?.type === "pong" && this.#askedAt !== null) {
      this.roundTripMs = at - this.#askedAt;
      this.#askedAt = null;
    }
  }

  /** @param {number} now */
  text(now) {
    if (this.intervalS === null) return "Not seen from here: it is about a WebSocket that this tab holds.";
    const last = this.lastAt === null ? "none came yet" : `the last one came ${msText(now - this.lastAt)} ago`;
    const trip = this.roundTripMs === null ? "" : `; there and back in ${msText(this.roundTripMs)}`;
    return `Every ${this.intervalS} s; ${last}${trip}.`;
  }
}

/** @param {string} text */
function frameOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** @param {Inbox.Client} client @param {string | null} only */
export const wayText = (client, only, isRefusing = false) =>
  `${transportName(client.transport)} (${STATES[client.state]}). ${transportReason({ transport: client.transport, only, isRefusing })}`;
