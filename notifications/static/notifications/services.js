/** What a client needs beside its WebSocket: loaded when it is first asked for. */
import { Acts } from "./acts.js";
import { InboxApi } from "./api.js";
import { cookie } from "./cookies.js";
import { Fallback } from "./transports/fallback.js";
import { webSocketTransport } from "./transports/websocket.js";

const FETCH_TIMEOUT_MS = 10_000;

/** @param {Inbox.ServiceOptions} options @returns {Promise<Inbox.Services>} */
export async function servicesOf({ url, socketUrl, tokenUrl, csrfCookie, page, clock, random, client, transports }) {
  /** @type {typeof fetch} */
  const plain = (address, options) => fetch(address, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS), ...options });
  const csrfToken = () => csrfTokenOf(csrfCookie);
  const tokens = tokenUrl && new (await import("./tokens.js")).Tokens({ url: tokenUrl, fetch: plain, csrfToken, clock });
  /** @type {typeof fetch} */
  const fetching = tokens ? (...asked) => tokens.fetch(...asked) : plain;
  // A token needs none, and no server lets the header of another origin's page pass.
  const api = new InboxApi({ url, fetch: fetching, csrfToken: tokens ? () => "" : csrfToken, clock, random });
  const http = { url, fetch: fetching, clock, api };
  /** @type {Record<string, () => Promise<Inbox.Open>>} */
  const openers = {
    ws: async () => webSocketTransport(socketUrl, WebSocket, tokens && (await tokens.get())),
    sse: async () => (await import("./transports/event-stream.js")).transport(http),
    poll: async () => (await import("./transports/long-poll.js")).transport(http),
  };
  const storage = storageOrNone();
  /** @param {string} transport */
  const opener = (transport) => (openers[transport] ?? openers.ws)();
  const isVisible = () => !document.hidden;
  return {
    api,
    opener,
    acts: new Acts({ client, api, page, storage }),
    fallback: new Fallback({ opener, key: `nb:transport:${url}`, storage, clock, client, transports, isVisible }),
  };
}

function storageOrNone() {
  try {
    return localStorage;
  } catch {
    return null; // denied
  }
}

/** @param {string} cookieName */
function csrfTokenOf(cookieName) {
  const meta = document.querySelector('meta[name="csrf-token"]');
  const field = document.querySelector('input[name="csrfmiddlewaretoken"]');
  return meta?.getAttribute("content") ?? cookie(cookieName) ?? field?.getAttribute("value") ?? "";
}
