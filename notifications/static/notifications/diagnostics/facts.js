/** What this page knows of its connection. */
import { gettext, interpolate, ngettext } from "../gettext.js";
import { msText } from "./figures.js";

/** @type {Record<string, string>} */
const NAMES = {
  ws: "WebSocket",
  get sse() { return gettext("Server-sent events"); },
  get poll() { return gettext("Long polling"); },
};
const STATES = {
  get connecting() { return gettext("connecting"); },
  get waiting() { return gettext("reconnecting"); },
  get live() { return gettext("live"); },
  get offline() { return gettext("offline"); },
  get stopped() { return gettext("ended"); },
};

/** @param {Inbox.TransportName | ""} transport */
const transportName = (transport) => NAMES[transport] ?? gettext("Not known yet");

/** Which transport, and why that one. @param {{transport: Inbox.TransportName | "", only: string | null, isRefusing: boolean}} known */
function transportReason({ transport, only, isRefusing }) {
  if (only) return gettext("The page asks for this one and no other.");
  if (transport === "ws") return gettext("It comes first, and it works here.");
  const others = transport === "poll" ? gettext("WebSocket and server-sent events") : "WebSocket";
  const failed = interpolate(gettext("%(transports)s did not work here, on this way to the server."), { transports: others });
  const cause = isRefusing ? gettext("This tab refuses WebSocket, as you asked it to.") : failed;
  return [cause, gettext("WebSocket is tried again every 10 minutes.")].join(" ");
}

/** How many tabs of this browser share one connection; null: the browser does not tell. @param {string} name of their lock */
export async function tabsSharing(name) {
  if (!navigator.locks) return null;
  const { held = [], pending = [] } = await navigator.locks.query();
  return [...held, ...pending].filter((lock) => lock.name === name).length;
}

/** @param {number | null} count @param {boolean} leads */
export function tabsText(count, leads) {
  if (count === null) {
    return leads
      ? gettext("The browser does not tell how many tabs there are; this one holds the connection.")
      : gettext("The browser does not tell how many tabs there are; another one holds the connection.");
  }
  if (count < 2) return gettext("One: this one has the connection for itself.");
  const text = leads
    ? ngettext("%(count)s tab shares it; this one holds it for all.", "%(count)s tabs share it; this one holds it for all.", count)
    : ngettext("%(count)s tab shares it; another one holds it for all.", "%(count)s tabs share it; another one holds it for all.", count);
  return interpolate(text, { count });
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
    if (this.intervalS === null) return gettext("Not seen from here: it is about a WebSocket that this tab holds.");
    const every = interpolate(gettext("Every %(seconds)s s."), { seconds: this.intervalS });
    const last = this.lastAt === null ? gettext("None came yet.") : interpolate(gettext("The last one came %(time)s ago."), { time: msText(now - this.lastAt) });
    const trip = this.roundTripMs === null ? [] : [interpolate(gettext("There and back in %(time)s."), { time: msText(this.roundTripMs) })];
    return [every, last, ...trip].join(" ");
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
  interpolate(gettext("%(transport)s (%(state)s). %(reason)s"), {
    transport: transportName(client.transport),
    state: STATES[client.state],
    reason: transportReason({ transport: client.transport, only, isRefusing }),
  });
