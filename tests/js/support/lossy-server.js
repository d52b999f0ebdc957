import { notification } from "./harness.js";

const AT = "2026-11-24T09:00:00.000Z";
const CHANGES_MAX = 30;
const SNAPSHOT_SIZE = 12;

/**
 * A server that keeps the protocol for what was asked of it, and breaks live what may break: it
 * loses, doubles and reorders `changes`, cuts connections, restarts, and begins new epochs.
 */
export class LossyServer {
  isCalm = false;
  /** There is a network. */
  isReachable = true;
  /** A ping without a pong ends the connection, instead of being a fault. */
  isForgiving = false;
  epoch = "epoch-0";
  revision = 0;
  floor = 0;
  items = new Map();
  removed = new Map();
  links = new Set();
  opened = 0;
  /** The answers to acts, by `op_id`. */
  done = new Map();
  /** What went wrong, from the server's point of view. */
  faults = [];
  #clock;
  #random;
  #epochs = 0;
  #nextId = 1;

  constructor(clock, random) {
    this.#clock = clock;
    this.#random = random;
  }

  chance(probability) {
    return !this.isCalm && this.#random() < probability;
  }

  pick(values) {
    return values[Math.floor(this.#random() * values.length)];
  }

  // --- The inbox --------------------------------------------------------------------------------

  get listed() {
    return [...this.items.values()].filter((one) => !one.archived_at && !one.snoozed_until).sort((a, b) => b.arrived_revision - a.arrived_revision);
  }

  get counts() {
    const count = (field) => this.listed.filter((one) => !one[field]).length;
    return { unread: count("read_at"), unseen: count("seen_at") };
  }

  arrive() {
    this.#commit([this.#nextId++].map(String), (id) => notification(this.revision, { id }));
  }

  remove(id) {
    if (!this.items.delete(id)) return;
    this.removed.set(id, ++this.revision);
    this.#tell();
  }

  wake(id) {
    if (this.items.has(id)) this.#commit([id], (_, item) => ({ ...item, arrived_revision: this.revision, read_at: null, seen_at: null, archived_at: null }));
  }

  /** POST inbox/actions, over a network: each `op_id` is done once. */
  async post(body) {
    await this.#pause();
    if (!this.isReachable) throw Object.assign(new Error("network"), { status: 0 });
    if (this.chance(0.1)) throw Object.assign(new Error("busy"), { status: 503 });
    if (!this.done.has(body.op_id)) this.done.set(body.op_id, this.act(body));
    await this.#pause();
    return this.done.get(body.op_id);
  }

  async session() {
    await this.#pause();
    if (!this.isReachable) throw new TypeError("network");
    return { user: "user-1" };
  }

  #pause() {
    return new Promise((resolve) => this.#clock.setTimeout(() => resolve(null), this.#random() * 300));
  }

  act({ op, notifications, all, epoch, upto }) {
    if (all && epoch !== this.epoch) throw Object.assign(new Error("epoch"), { status: 409 });
    const ids = all ? this.listed.filter((one) => one.arrived_revision <= upto).map(({ id }) => id) : notifications;
    const changed = ids.filter((id) => this.items.has(id) && ACTS[op](this.items.get(id)));
    if (changed.length) this.#commit(changed, (_, item) => ({ ...item, ...ACTS[op](item) }));
    return { revision: this.revision };
  }

  newEpoch() {
    this.epoch = `epoch-${++this.#epochs}`;
    // As from an older backup: some of the newest are gone, as if they had never been.
    this.revision = Math.max(0, this.revision - Math.floor(this.#random() * 10));
    for (const item of this.items.values()) if (item.revision > this.revision) this.items.delete(item.id);
    for (const link of this.links) link.tellEpoch();
  }

  #commit(ids, change) {
    this.revision += 1;
    for (const id of ids) this.items.set(id, { ...change(id, this.items.get(id)), id, revision: this.revision });
    this.#tell();
  }

  #tell() {
    for (const link of this.links) link.hint();
  }

  changesSince(since) {
    const notifications = [...this.items.values()].filter((one) => one.revision > since).sort((a, b) => a.revision - b.revision);
    const removed = [...this.removed].filter(([, revision]) => revision > since).map(([id]) => id);
    return { notifications, removed, size: notifications.length + removed.length };
  }

  // --- Connections ------------------------------------------------------------------------------

  open = (cursor, events) => {
    const link = new Link(this, this.#clock, cursor, events);
    this.opened += 1;
    return link;
  };

  restart() {
    const after_ms = Math.floor(this.#random() * 2000);
    for (const link of this.links) link.leave(this.pick([4200, 4202]), after_ms);
  }

  setReachable(isReachable) {
    this.isReachable = isReachable;
    if (!isReachable) for (const link of this.links) link.end(1006);
  }

  cut() {
    for (const link of this.links) if (this.chance(0.5)) link.end(this.pick([1006, 1001, 1012, 4201, 4204]));
  }

  snapshot() {
    const notifications = this.listed.slice(0, SNAPSHOT_SIZE);
    return { epoch: this.epoch, revision: this.revision, notifications, more: this.listed.length > SNAPSHOT_SIZE, counts: this.counts };
  }
}

/** What an act changes, or null. */
const ACTS = {
  seen: (item) => (item.seen_at ? null : { seen_at: AT }),
  read: (item) => (item.read_at ? null : { read_at: AT, seen_at: item.seen_at ?? AT }),
  unread: (item) => (item.read_at ? { read_at: null } : null),
  archive: (item) => (item.archived_at ? null : { archived_at: AT, snoozed_until: null }),
  restore: (item) => (item.archived_at || item.snoozed_until ? { archived_at: null, snoozed_until: null } : null),
  snooze: (item) => (item.archived_at || item.snoozed_until ? null : { snoozed_until: AT }),
  save: (item) => (item.saved_at ? null : { saved_at: AT }),
  unsave: (item) => (item.saved_at ? { saved_at: null } : null),
};

/** One connection. Frames arrive after a delay, in order; only live `changes` may come astray. */
class Link {
  position = 0;
  epoch = null;
  resumes = [];
  pongs = [];
  #isOpen = true;
  #isOwed = true;
  #server;
  #clock;
  #events;
  #pingedAt = null;

  constructor(server, clock, cursor, events) {
    this.#server = server;
    this.#clock = clock;
    this.#events = events;
    clock.setTimeout(() => this.#accept(cursor), 5);
  }

  #accept(cursor) {
    const server = this.#server;
    if (!this.#isOpen) return;
    if (!server.isReachable || server.chance(0.1)) return this.end(1006);
    if (server.chance(0.05)) {
      this.#deliver({ type: "bye", code: 4101, reconnect: true, after_ms: 500 });
      return this.end(4101, 10);
    }
    server.links.add(this);
    this.epoch = server.epoch;
    this.#deliver({ type: "hello", user: "user-1", epoch: server.epoch, revision: server.revision, ping_interval_s: 5 });
    this.#clock.setTimeout(() => this.#bringUp(cursor), 5);
    this.#beat();
  }

  #bringUp(cursor) {
    const server = this.#server;
    if (!this.#isOpen) return;
    this.epoch = server.epoch;
    const { notifications, removed, size } = server.changesSince(cursor?.since);
    const isKnown = cursor && cursor.epoch === server.epoch && cursor.since <= server.revision && cursor.since >= server.floor;
    if (!isKnown || size > CHANGES_MAX) this.#deliver({ type: "snapshot", ...server.snapshot() });
    else if (size) this.#deliverChanges(cursor.since, notifications, removed);
    this.position = server.revision;
    this.#isOwed = false;
    this.#deliver({ type: "synced", revision: server.revision });
  }

  #deliverChanges(since, notifications, removed) {
    const { revision, counts } = this.#server;
    const middle = notifications[Math.floor(notifications.length / 2)]?.revision;
    const isSplit = this.#server.chance(0.3) && middle < revision && middle > since;
    if (isSplit) {
      const part = notifications.filter((one) => one.revision <= middle);
      this.#deliver({ type: "changes", since, revision: middle, notifications: part, removed: [], partial: true });
      const rest = notifications.filter((one) => one.revision > middle);
      return this.#deliver({ type: "changes", since: middle, revision, notifications: rest, removed, counts });
    }
    this.#deliver({ type: "changes", since, revision, notifications, removed, counts });
  }

  hint() {
    const { revision, counts } = this.#server;
    if (this.#isOwed) return;
    const since = this.position;
    const { notifications, removed } = this.#server.changesSince(since);
    this.position = revision;
    if (this.#server.chance(0.2)) return; // lost, though the server believes that it went out
    const frame = { type: "changes", since, revision, notifications, removed, counts };
    this.#deliver(frame, this.#server.chance(0.2) ? 200 : 5);
    if (this.#server.chance(0.2)) this.#deliver(frame, 50);
  }

  tellEpoch() {
    if (this.#isOwed) return;
    this.epoch = this.#server.epoch;
    this.position = this.#server.revision;
    this.#deliver({ type: "snapshot", ...this.#server.snapshot() });
    this.#deliver({ type: "synced", revision: this.position });
  }

  leave(code, after_ms) {
    if (!this.#isOpen) return;
    this.#deliver({ type: "bye", code, reconnect: true, after_ms });
    this.end(code, after_ms + 5_000);
  }

  end(code, inMs = 0) {
    this.#clock.setTimeout(() => {
      if (!this.#isOpen) return;
      this.close();
      this.#events.close(code);
    }, inMs);
  }

  #beat() {
    this.#clock.setTimeout(() => {
      if (!this.#isOpen) return;
      if (this.#pingedAt !== null && this.#server.isForgiving) return this.end(4204);
      if (this.#pingedAt !== null) this.#server.faults.push("a ping had no pong");
      this.#pingedAt = this.#clock.now();
      this.#deliver({ type: "ping", revision: this.position });
      this.#beat();
    }, 5_000);
  }

  #deliver(frame, delayMs = 5) {
    const { epoch } = this;
    this.#clock.setTimeout(() => {
      // Not even this server sends changes of one epoch after a snapshot of the next.
      const isStale = frame.type === "changes" && epoch !== this.epoch;
      if (this.#isOpen && !isStale) this.#events.message(JSON.stringify(frame));
    }, delayMs);
  }

  // --- What the client calls ----------------------------------------------------------------------

  send(text) {
    const frame = JSON.parse(text);
    const now = this.#clock.now();
    if (frame.type === "ping") this.#deliver({ type: "pong", revision: this.position });
    if (frame.type === "pong") this.#ponged(now);
    if (frame.type !== "resume") return;
    if (this.#isOwed) this.#server.faults.push("a resume while one was outstanding");
    if (now - (this.resumes.at(-1) ?? -Infinity) < 1_000) this.#server.faults.push("two resumes within a second");
    this.resumes.push(now);
    this.#isOwed = true;
    this.#clock.setTimeout(() => this.#bringUp(frame.since === null ? null : frame), 5 + (this.#server.chance(0.2) ? 3_000 : 0));
  }

  #ponged(now) {
    const isAsked = this.#pingedAt !== null;
    this.#pingedAt = null;
    if (isAsked) return;
    if (now - (this.pongs.at(-1) ?? -Infinity) < 1_000) this.#server.faults.push("two receipts within a second");
    this.pongs.push(now);
  }

  close() {
    this.#isOpen = false;
    this.#server.links.delete(this);
  }
}
