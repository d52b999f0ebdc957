/** The only module that a page loads. */
import { address, number, word } from "./attributes.js";
import { canHear, channel } from "./channels.js";
import { InboxClient } from "./inbox-client.js";
import { followLanguage, loadWords } from "./languages.js";
import { NotificationBellElement } from "./notification-bell-element.js";
import { NotificationElement } from "./notification-element.js";
import { NotificationInboxElement } from "./notification-inbox-element.js";
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

// A framework may take an element away and put it back.
const LINGER_MS = 5_000;
const SETTLED_MS = 1_000;

/** @type {Inbox.Clients} */
const clients = {
  join(element) {
    const key = [urlOf(element), address(element, "token-url"), element.getAttribute("user")].join();
    const inbox = inboxes.get(key) ?? open(element);
    inboxes.set(key, inbox);
    inbox.client.elements.add(element);
    // Nobody may have shown it for a while.
    if (inbox.client.user || !element.hasAttribute("token-url")) inbox.client.start();
    return inbox.client;
  },
  leave(element) {
    const { elements } = element.client;
    elements.delete(element);
    const [inbox] = [...inboxes.values()].filter(({ client }) => client === element.client);
    setTimeout(() => elements.size || inbox.tabs.suspend({ closesChannel: true }), LINGER_MS);
  },
};

/** @param {Inbox.Element} element */
const urlOf = (element) => new URL(`${address(element, "src")}/`.replace(/\/+$/, "/"), document.baseURI).href;

// Over plain HTTP there are none; and who cannot be heard must not be waited for.
const channelLocks = once(async () => new (await import("./channel-locks.js")).ChannelLocks({ channel, clock, random }));
/** @type {Inbox.Locks} */
const locks = (canHear() && navigator.locks) || { request: async (...asked) => (await channelLocks()).request(...asked) };

/** @param {Inbox.Element} element */
function open(element) {
  /** @param {string} name */
  const attribute = (name) => element.getAttribute(name);
  const [unread, unseen, revision] = ["unread", "unseen", "revision"].map((name) => number(element, name));
  const page = { user: attribute("user"), epoch: attribute("epoch"), revision, counts: { unread, unseen } };
  const url = urlOf(element);
  const socketUrl = new URL("../../ws/notifications/", url).href.replace("http", "ws");
  const tokenUrl = address(element, "token-url");
  const csrfCookie = attribute("csrf-cookie") ?? "csrftoken";
  const services = once(async () => {
    const { servicesOf } = await import("./services.js");
    return servicesOf({ url, socketUrl, tokenUrl, csrfCookie, page, clock, random, client, transports });
  });
  const transports = new TransportChoice({
    only: () => only(client),
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
  if (!page.user && tokenUrl) client.revive();
  return { client, services, tabs };
}

/** What the first element of a client asks for. @param {InboxClient} client @returns {Inbox.TransportName | undefined} */
function only({ elements: [first] }) {
  const asked = first ? word(first, "transport") : "auto";
  return asked === "auto" ? undefined : /** @type {Inbox.TransportName} */ (asked);
}

/** @param {InboxClient} client @param {TabLeader} tabs */
function follow(client, tabs) {
  const restart = () => client.elements.size && client.start();
  document.addEventListener("visibilitychange", () => document.hidden || tabs.wake());
  addEventListener("offline", () => client.setOffline(true));
  addEventListener("online", () => client.setOffline(false));
  // Cached or frozen, it would keep its lock.
  addEventListener("pagehide", () => tabs.suspend({ closesChannel: true }));
  document.addEventListener("freeze", () => tabs.suspend());
  addEventListener("pageshow", ({ persisted }) => persisted && restart());
  document.addEventListener("resume", restart);
}

/** Whether it is live is known, or takes long: to draw a list before that would only hold it up. @param {InboxClient} client */
const settled = (client) =>
  new Promise((resolve) => {
    client.addEventListener("state", resolve, { once: true });
    setTimeout(resolve, SETTLED_MS);
  });

// Before anything is drawn.
await loadWords();
// Without popovers the link stays.
if ("popover" in HTMLElement.prototype) {
  NotificationElement.clients = clients;
  customElements.define("notification-bell", NotificationBellElement);
  customElements.define("notification-inbox", NotificationInboxElement);
  followLanguage(() => {
    for (const { client } of inboxes.values()) for (const element of client.elements) element.drawAnew();
  });
  /** @type {HTMLElement | null} */
  const root = document.querySelector("[data-inbox]");
  const [inbox] = inboxes.values();
  if (inbox && root) {
    Promise.all([import("./inbox-page.js"), inbox.services(), settled(inbox.client)]).then(([{ enhance }, { api }]) => enhance(root, inbox.client, api));
  }
}
