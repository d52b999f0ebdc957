// A tab that lives for weeks must not grow.
const HELD_MAX = 400;
const HELD_AFTER_TRIM = 200;

export const isListed = ({ archived_at, snoozed_until }) => !archived_at && !snoozed_until;
export const isUnread = (notification) => isListed(notification) && !notification.read_at;
export const isUnseen = (notification) => isListed(notification) && !notification.seen_at;

/** Newest first. To the server ids are numbers. */
export const byArrival = (a, b) =>
  b.arrived_revision - a.arrived_revision || b.id.length - a.id.length || (a.id < b.id ? 1 : -1);

export class InboxState {
  epoch = "";
  revision = 0;
  counts = { unread: 0, unseen: 0 };
  notifications = new Map();
  oldest = null;
  overlays = null;
  #removed = new Set();

  applyChanges({ since, revision, notifications, removed, partial, counts }) {
    if (revision <= this.revision) return "duplicate";
    if (since > this.revision) return "gap";
    for (const notification of notifications) this.#hold(notification);
    for (const id of removed) {
      this.#removed.add(id);
      this.notifications.delete(id);
    }
    this.revision = revision;
    if (!partial) this.counts = counts;
    if (this.notifications.size > HELD_MAX) this.#trim();
    this.overlays?.settle();
    return "applied";
  }

  applySnapshot({ epoch, revision, notifications, more, counts }) {
    if (epoch !== this.epoch || revision < this.revision) this.#beginLife(epoch);
    this.notifications = new Map(notifications.map((one) => [one.id, one]));
    this.oldest = more && notifications.length ? notifications.at(-1) : null;
    this.revision = revision;
    this.counts = counts;
    this.overlays?.settle();
  }

  view(notification) {
    return this.overlays?.view(notification) ?? notification;
  }

  latest(limit) {
    const shown = [...this.notifications.values()].map((one) => this.view(one));
    return shown.filter(isListed).sort(byArrival).slice(0, limit);
  }

  viewCounts() {
    return this.overlays?.counts() ?? this.counts;
  }

  #hold(notification) {
    const held = this.notifications.get(notification.id);
    const isTooOld = !held && this.oldest && byArrival(notification, this.oldest) > 0;
    if (isTooOld || this.#removed.has(notification.id) || (held && held.revision > notification.revision)) return;
    this.notifications.set(notification.id, notification);
  }

  #beginLife(epoch) {
    this.epoch = epoch;
    this.#removed.clear();
    this.overlays?.beginLife();
  }

  #trim() {
    const kept = [...this.notifications.values()].sort(byArrival).slice(0, HELD_AFTER_TRIM);
    this.notifications = new Map(kept.map((one) => [one.id, one]));
    this.oldest = kept.at(-1) ?? null;
  }
}

/** What came and is not told yet. */
export class Arrivals {
  #revision = 0;
  #fresh = new Map();
  #change = { notifications: [], removed: [] };

  get isWaiting() {
    return this.#fresh.size > 0;
  }

  add({ type, notifications, removed = [] }) {
    this.#change.notifications.push(...notifications);
    this.#change.removed.push(...removed);
    if (type === "snapshot") return this.#fresh.clear();
    for (const one of notifications) {
      if (one.arrived_revision > this.#revision || this.#fresh.has(one.id)) this.#fresh.set(one.id, one);
    }
    for (const id of removed) this.#fresh.delete(id);
  }

  takeChange(revision) {
    const change = this.#change;
    this.#revision = revision;
    this.#change = { notifications: [], removed: [] };
    return change;
  }

  takeFresh(inbox) {
    const fresh = [...this.#fresh.values()].map((one) => inbox.view(one)).filter(isUnseen);
    this.#fresh.clear();
    return fresh;
  }
}
