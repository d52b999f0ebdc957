/** The only module that a page loads. */
import { InboxClient } from "./inbox-client.js";
import { loadWords } from "./languages.js";
import { NotificationBellElement } from "./notification-bell-element.js";
import { once } from "./once.js";
import { TabLeader } from "./tab-leader.js";
import { TransportChoice } from "./transports/choice.js";
import { webSocketTransport } from "./transports/websocket.js";

/** @type {Inbox.Clock} */
const clock = {
  now: () => performance.now(),
  setTimeout: (call, ms) => setTimeout(call, ms),
  clearTimeout: (timer) => clearTimeout(/** @type {number | undefined} */ (timer)),
};
const { random } = Math;
/** @typedef {ReturnType<typeof open>} OpenInbox */
/** @type {Map<string, OpenInbox>} by what names them */
const inboxes = new Map();

/** Bells of one inbox share a client. @param {Inbox.Bell} bell */
function clientOf(bell) {
  const key = ["src", "token-url", "user"].map((name) => bell.getAttribute(name)).join();
  const inbox = inboxes.get(key) ?? open(bell);
  inboxes.set(key, inbox);
  return inbox.client;
}

/** @param {string} name */
const channel = (name) => new BroadcastChannel(name);
// Over plain HTTP there are none.
const channelLocks = once(async () => new (await import("./channel-locks.js")).ChannelLocks({ channel, clock, random }));
/** @type {Inbox.Locks} */
const locks = navigator.locks ?? { request: async (...asked) => (await channelLocks()).request(...asked) };

/** @param {Inbox.Bell} bell */
function open(bell) {
  /** @param {string} name */
  const attribute = (name) => bell.getAttribute(name);
  const [unread, unseen, revision] = ["unread", "unseen", "revision"].map((name) => Number(attribute(name)));
  const page = { user: attribute("user"), epoch: attribute("epoch"), revision, counts: { unread, unseen } };
  const url = new URL(attribute("src") ?? "/api/v1/", document.baseURI).href;
  const socketUrl = new URL("../../ws/notifications/", url).href.replace("http", "ws");
  const tokenUrl = attribute("token-url");
  const services = once(async () => {
    const { servicesOf } = await import("./services.js");
    return servicesOf({ url, socketUrl, tokenUrl, page, clock, random, client, transports });
  });
  const transports = new TransportChoice({
    only: only(attribute("transport")),
    webSocket: !tokenUrl && webSocketTransport(socketUrl),
    services,
    storage: () => localStorage,
    url,
  });
  /** @type {InboxClient} */
  const client = new InboxClient({ url, open: (...asked) => tabs.open(...asked), services, transports, clock, random, page });
  /** @type {TabLeader} */
  const tabs = new TabLeader(client, {
    open: (...asked) => transports.open(...asked),
    locks,
    channel,
    catchUp: async (...asked) => (await import("./tab-answers.js")).catchUp(...asked),
    tab: String(random()),
    isVisible: () => !document.hidden,
  });
  follow(client, tabs);
  // Whose inbox does a token open?
  if (page.user || !tokenUrl) client.start();
  else client.revive();
  return { client, services };
}

/** @param {string | null} asked @returns {Inbox.TransportName | undefined} */
const only = (asked) => (asked === "ws" || asked === "sse" || asked === "poll" ? asked : undefined);

/** @param {InboxClient} client @param {TabLeader} tabs */
function follow(client, tabs) {
  document.addEventListener("visibilitychange", () => document.hidden || tabs.wake());
  addEventListener("offline", () => client.setOffline(true));
  addEventListener("online", () => client.setOffline(false));
  // Cached or frozen, it would keep its lock.
  addEventListener("pagehide", () => tabs.suspend({ closesChannel: true }));
  document.addEventListener("freeze", () => tabs.suspend());
  addEventListener("pageshow", ({ persisted }) => persisted && client.start());
  document.addEventListener("resume", () => client.start());
}

// Before anything is drawn.
await loadWords();
// Without popovers the link stays.
if ("popover" in HTMLElement.prototype) {
  NotificationBellElement.clientOf = clientOf;
  customElements.define("notification-bell", NotificationBellElement);
  /** @type {HTMLElement | null} */
  const root = document.querySelector("[data-inbox]");
  const [inbox] = inboxes.values();
  if (inbox && root) {
    Promise.all([import("./inbox-page.js"), inbox.services()]).then(([{ enhance }, { api }]) => enhance(root, inbox.client, api));
  }
}
