// A tab that lives for weeks must not grow: beyond the first number the oldest go, down to the second.
const HELD_MAX = 400;
const HELD_AFTER_TRIM = 200;

/** @type {Record<string, (shown: Inbox.Notification, at: string) => Partial<Inbox.Notification>>} */
const ACTS = {
  seen: ({ seen_at }, at) => ({ seen_at: seen_at ?? at }),
  read: ({ seen_at, read_at }, at) => ({ seen_at: seen_at ?? at, read_at: read_at ?? at }),
  unread: () => ({ read_at: null }),
  archive: ({ archived_at }, at) => ({ archived_at: archived_at ?? at, snoozed_until: null }),
  restore: () => ({ archived_at: null, snoozed_until: null }),
};

export const isListed = ({ archived_at, snoozed_until }) => !archived_at && !snoozed_until;
export const isUnread = (notification) => isListed(notification) && !notification.read_at;
export const isUnseen = (notification) => isListed(notification) && !notification.seen_at;

/** Newest first. Ids by length first: to the server they are numbers. */
export const byArrival = (a, b) =>
  b.arrived_revision - a.arrived_revision || b.id.length - a.id.length || (a.id < b.id ? 1 : -1);

const touches = ({ ids, upto }, notification) =>
  ids ? ids.has(notification.id) : isListed(notification) && notification.arrived_revision <= upto;

/** The inbox at a revision, and laid over it the acts that the stream has not confirmed. */
export class InboxState {
  /** Empty until anything came. */
  epoch = "";
  revision = 0;
  counts = { unread: 0, unseen: 0 };
  /** @type {Map<string, Inbox.Notification>} */
  notifications = new Map();
  /** @type {Inbox.Notification | null} what is older is not held; null: all listed ones are */
  oldest = null;
  /** @type {Inbox.Overlay[]} */
  overlays = [];
  #removed = new Set();

  /** @returns {"applied" | "duplicate" | "gap"} */
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
    this.#settle();
    return "applied";
  }

  applySnapshot({ epoch, revision, notifications, more, counts }) {
    if (epoch !== this.epoch || revision < this.revision) this.#beginLife(epoch);
    this.notifications = new Map(notifications.map((one) => [one.id, one]));
    this.oldest = more && notifications.length ? notifications.at(-1) : null;
    this.revision = revision;
    this.counts = counts;
    this.#settle();
  }

  /** @returns {Inbox.Overlay} */
  lay(op, ids, upto) {
    const overlay = { op, ids: ids && new Set(ids), upto, at: new Date().toISOString(), revision: null };
    this.overlays.push(overlay);
    return overlay;
  }

  /** Done: the overlay lasts until the stream brings the change. */
  confirm(overlay, revision) {
    overlay.revision = revision;
    this.#settle();
  }

  lift(overlay) {
    this.overlays = this.overlays.filter((other) => other !== overlay);
  }

  /** As its user is to see it. */
  view(notification) {
    return this.overlays.reduce(
      (shown, overlay) => (touches(overlay, shown) ? { ...shown, ...ACTS[overlay.op](shown, overlay.at) } : shown),
      notification,
    );
  }

  latest(limit) {
    return this.#views().filter(isListed).sort(byArrival).slice(0, limit);
  }

  viewCounts() {
    if (!this.overlays.length) return this.counts;
    return {
      unread: this.#count(this.counts.unread, isUnread, ["read", "archive"]),
      unseen: this.#count(this.counts.unseen, isUnseen, ["seen", "read", "archive"]),
    };
  }

  #count(total, isCounted, clearing) {
    const held = [...this.notifications.values()].filter(isCounted).length;
    // Those that are not held are older, so an act on all takes them along.
    const isCleared = this.overlays.some(({ op, ids }) => !ids && clearing.includes(op));
    return (isCleared ? 0 : Math.max(0, total - held)) + this.#views().filter(isCounted).length;
  }

  #views() {
    return [...this.notifications.values()].map((one) => this.view(one));
  }

  #hold(notification) {
    const held = this.notifications.get(notification.id);
    const isTooOld = !held && this.oldest && byArrival(notification, this.oldest) > 0;
    if (isTooOld || this.#removed.has(notification.id) || (held && held.revision > notification.revision)) return;
    this.notifications.set(notification.id, notification);
  }

  /** Another epoch, or a revision that went back: earlier answers say nothing now. */
  #beginLife(epoch) {
    this.epoch = epoch;
    this.#removed.clear();
    this.overlays = this.overlays.filter(({ revision }) => revision === null);
  }

  #settle() {
    this.overlays = this.overlays.filter(({ revision }) => revision === null || revision > this.revision);
  }

  #trim() {
    const kept = [...this.notifications.values()].sort(byArrival).slice(0, HELD_AFTER_TRIM);
    this.notifications = new Map(kept.map((one) => [one.id, one]));
    this.oldest = kept.at(-1) ?? null;
  }
}
