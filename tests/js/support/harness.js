import { Acts } from "../../../notifications/static/notifications/acts.js";
import { InboxClient } from "../../../notifications/static/notifications/inbox-client.js";
import { InboxApi } from "../../../notifications/static/notifications/api.js";
import { FakeClock } from "./fake-clock.js";

export const EPOCH = "epoch-1";
export const USER = "user-1";

/** @param {number} revision @param {Partial<Inbox.Notification>} [fields] @returns {Inbox.Notification} */
export function notification(revision, fields = {}) {
  return {
    id: String(revision),
    revision,
    arrived_revision: revision,
    arrived_at: "2026-11-24T09:00:00.000Z",
    title: `Title ${fields.id ?? revision}`,
    body: "",
    body_truncated: false,
    level: "info",
    category: "general",
    sender: null,
    url: null,
    actions: [],
    seen_at: null,
    read_at: null,
    archived_at: null,
    snoozed_until: null,
    saved_at: null,
    woken: false,
    ...fields,
  };
}

/** The server's end of a connection, moved by hand. */
class Link {
  sent = [];
  isClosed = false;

  constructor(cursor, events) {
    this.cursor = cursor;
    this.events = events;
  }

  receive(type, fields = {}) {
    this.events.message(JSON.stringify({ type, ...fields }));
  }

  hello(fields = {}) {
    this.receive("hello", {
      protocol: 1, connection: "c", user: USER, epoch: EPOCH, revision: 0, floor: 0,
      server_time: new Date().toISOString(), ping_interval_s: 25, max_frame_bytes: 4096, ...fields,
    });
  }

  changes(since, revision, fields = {}) {
    const counts = { unread: 0, unseen: 0 };
    this.receive("changes", { since, revision, notifications: [], removed: [], counts, ...fields });
  }

  snapshot(revision, notifications = [], fields = {}) {
    const counts = { unread: notifications.length, unseen: notifications.length };
    this.receive("snapshot", { epoch: EPOCH, revision, notifications, more: false, counts, ...fields });
  }

  /** The frames that the client sent of that type. */
  frames(type) {
    return this.sent.map((text) => JSON.parse(text)).filter((frame) => frame.type === type);
  }
}

/** A client with a fake clock, and every connection that it opened. */
/** @param {{page?: Partial<Inbox.Page>, random?: () => number, api?: object, storage?: Inbox.Store}} [options] */
export function harness({ page = {}, random = () => 0.5, api = {}, storage = null } = {}) {
  const clock = new FakeClock();
  const links = [];
  const acts = [];
  const events = [];
  const open = (cursor, handlers) => {
    const link = new Link(cursor, handlers);
    links.push(link);
    return {
      send: (text) => link.sent.push(text),
      close: () => (link.isClosed = true),
    };
  };
  const failed = [];
  const drawn = { user: USER, epoch: EPOCH, revision: 0, counts: { unread: 0, unseen: 0 }, ...page };
  let performer;
  const server = {
    one: async () => null,
    chosen: async () => ({}),
    page: async () => null, choose: async () => ({}), mute: async () => ({}),
    whyStop: InboxApi.prototype.whyStop,
    session: async () => ({ user: USER }),
    act: ({ op_id, ...body }) => new Promise((resolve, reject) => acts.push({ body, op_id, resolve, reject })),
    ...api,
  };
  const transports = { transport: /** @type {Inbox.TransportName} */ ("ws"), works: () => {}, next: (transport) => failed.push(transport) };
  const client = new InboxClient({
    open,
    clock,
    random,
    url: "http://host/api/v1/",
    page: drawn,
    services: async () => ({ api: server, acts: (performer ??= new Acts({ client, api: server, page: drawn, storage })) }),
    transports,
  });
  for (const type of /** @type {const} */ (["change", "notification", "summary", "state", "signedout", "error"])) {
    client.addEventListener(type, ({ detail }) => events.push({ type, ...detail }));
  }
  return {
    client,
    clock,
    links,
    acts,
    failed,
    transports,
    events,
    get link() {
      return links.at(-1);
    },
    of: (type) => events.filter((event) => event.type === type),
    announced: () => events.filter(({ type }) => type === "notification").map((event) => event.notification.id),
    held: () => [...client.inbox.notifications.keys()],
  };
}

/** A harness whose client is live at that revision. */
export function live(revision = 5, notifications = [], options = {}) {
  const it = harness(options);
  it.client.start();
  it.link.hello({ revision });
  it.link.snapshot(revision, notifications, options.snapshot);
  it.link.receive("synced", { revision });
  return it;
}
