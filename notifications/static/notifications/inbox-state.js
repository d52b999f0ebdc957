// A tab that lives for weeks must not grow.
const HELD_MAX = 400;
const HELD_AFTER_TRIM = 200;

/** @typedef {Pick<Inbox.Drawn, "archived_at" | "snoozed_until" | "read_at" | "seen_at">} Marks */

/** @param {Marks} marks */
export const isListed = ({ archived_at, snoozed_until }) => !archived_at && !snoozed_until;
/** @param {Marks} marks */
export const isUnread = (marks) => isListed(marks) && !marks.read_at;
/** @param {Marks} marks */
export const isUnseen = (marks) => isListed(marks) && !marks.seen_at;

/** Newest first. To the server ids are numbers. @param {Inbox.Drawn} a @param {Inbox.Drawn} b */
export const byArrival = (a, b) =>
  b.arrived_revision - a.arrived_revision || b.id.length - a.id.length || (a.id < b.id ? 1 : -1);

export class InboxState {
  epoch = "";
  revision = 0;
  counts = { unread: 0, unseen: 0 };
  /** @type {Map<string, Inbox.Notification>} by their ids */
  notifications = new Map();
  /** @type {Inbox.Notification | null} beyond it there are more */
  oldest = null;
  /** @type {Inbox.Overlays | null} */
  overlays = null;
  /** @type {Set<string>} */
  #removed = new Set();

  /** @param {Inbox.ChangesFrame} frame @returns {"applied" | "duplicate" | "gap"} */
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

  /** @param {Inbox.SnapshotFrame} frame */
  applySnapshot({ epoch, revision, notifications, more, counts }) {
    if (epoch !== this.epoch || revision < this.revision) this.#beginLife(epoch);
    this.notifications = new Map(notifications.map((one) => [one.id, one]));
    this.oldest = (more && notifications.at(-1)) || null;
    this.revision = revision;
    this.counts = counts;
    this.overlays?.settle();
  }

  /** @template {Inbox.Drawn} One @param {One} notification @returns {One} */
  view(notification) {
    return this.overlays?.view(notification) ?? notification;
  }

  /** @param {number} limit */
  latest(limit) {
    const shown = [...this.notifications.values()].map((one) => this.view(one));
    return shown.filter(isListed).sort(byArrival).slice(0, limit);
  }

  /** Whether so many are listed. @param {number} count */
  hasListed(count) {
    let listed = 0;
    for (const one of this.notifications.values()) if (isListed(this.view(one)) && ++listed >= count) return true;
    return false;
  }

  viewCounts() {
    return this.overlays?.counts() ?? this.counts;
  }

  /** @param {Inbox.Notification} notification */
  #hold(notification) {
    const held = this.notifications.get(notification.id);
    const isTooOld = !held && this.oldest && byArrival(notification, this.oldest) > 0;
    if (isTooOld || this.#removed.has(notification.id) || (held && held.revision > notification.revision)) return;
    this.notifications.set(notification.id, notification);
  }

  /** @param {string} epoch */
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
  /** @type {Map<string, Inbox.Notification>} */
  #fresh = new Map();
  /** @type {Inbox.Change} */
  #change = { notifications: [], removed: [] };

  get isWaiting() {
    return this.#fresh.size > 0;
  }

  /** @param {Inbox.StateFrame} frame */
  add(frame) {
    const { notifications } = frame;
    this.#change.notifications.push(...notifications);
    if (frame.type === "snapshot") return this.#fresh.clear();
    this.#change.removed.push(...frame.removed);
    for (const one of notifications) {
      if (one.arrived_revision > this.#revision || this.#fresh.has(one.id)) this.#fresh.set(one.id, one);
    }
    for (const id of frame.removed) this.#fresh.delete(id);
  }

  /** @param {number} revision */
  takeChange(revision) {
    const change = this.#change;
    this.#revision = revision;
    this.#change = { notifications: [], removed: [] };
    return change;
  }

  /** @param {InboxState} inbox */
  takeFresh(inbox) {
    const fresh = [...this.#fresh.values()].map((one) => inbox.view(one)).filter(isUnseen);
    this.#fresh.clear();
    return fresh;
  }
}
