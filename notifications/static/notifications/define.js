/** The only module that a page loads: registers the elements, makes the one client. */
import { InboxApi } from "./api.js";
import { InboxClient } from "./inbox-client.js";
import { NotificationBellElement } from "./notification-bell-element.js";
import { webSocketTransport } from "./transports/websocket.js";

const SOCKET_PATH = "/ws/notifications/";
const FETCH_TIMEOUT_MS = 10_000;
const clock = {
  now: () => performance.now(),
  setTimeout: (call, ms) => setTimeout(call, ms),
  clearTimeout: (timer) => clearTimeout(timer),
};

const { random } = Math;

const api = new InboxApi({
  url: document.querySelector("notification-bell")?.getAttribute("api") ?? "/api/v1/",
  fetch: (url, options) => fetch(url, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS), ...options }),
  csrfToken,
  clock,
  random,
});
/** @type {any} */
let client;

function clientOf(bell) {
  if (client) return client;
  const number = (name) => Number(bell.getAttribute(name));
  const open = webSocketTransport(location.origin.replace(/^http/, "ws") + SOCKET_PATH);
  const page = {
    user: bell.getAttribute("user"),
    epoch: bell.getAttribute("epoch"),
    revision: number("revision"),
    counts: { unread: number("unread"), unseen: number("unseen") },
  };
  client = new InboxClient({ open, api, clock, random, page });
  follow(client);
  client.start();
  return client;
}

function follow(client) {
  document.addEventListener("visibilitychange", () => document.hidden || client.wake());
  addEventListener("offline", () => client.setOffline(true));
  addEventListener("online", () => client.setOffline(false));
  // Some browsers keep no page with an open socket in their back/forward cache.
  addEventListener("pagehide", () => client.suspend());
  addEventListener("pageshow", ({ persisted }) => persisted && client.start());
}

function csrfToken() {
  const meta = document.querySelector('meta[name="csrf-token"]');
  const cookie = document.cookie.match(/(?:^|; )csrftoken=([^;]*)/);
  const field = document.querySelector('input[name="csrfmiddlewaretoken"]');
  return meta?.getAttribute("content") ?? cookie?.[1] ?? field?.getAttribute("value") ?? "";
}

// Without popovers there is no panel, and the link stays.
if ("popover" in HTMLElement.prototype) {
  NotificationBellElement.clientOf = clientOf;
  customElements.define("notification-bell", NotificationBellElement);
  const root = document.querySelector("[data-inbox]");
  if (client && root) import("./inbox-page.js").then(({ enhance }) => enhance(root, client, api));
}
