/** Acts that the stream has not confirmed, laid over an inbox. Loaded once somebody may act. */
import { isListed, isUnread, isUnseen } from "./inbox-state.js";

/** @type {Record<Inbox.Op, (shown: Inbox.Drawn, at: string, until?: string) => Partial<Inbox.Drawn>>} */
const ACTS = {
  seen: ({ seen_at }, at) => ({ seen_at: seen_at ?? at }),
  read: ({ seen_at, read_at }, at) => ({ seen_at: seen_at ?? at, read_at: read_at ?? at }),
  unread: () => ({ read_at: null }),
  archive: ({ archived_at }, at) => ({ archived_at: archived_at ?? at, snoozed_until: null }),
  restore: () => ({ archived_at: null, snoozed_until: null }),
  snooze: ({ archived_at }, at, until = at) => (archived_at ? {} : { snoozed_until: until }),
  save: ({ saved_at }, at) => ({ saved_at: saved_at ?? at }),
  unsave: () => ({ saved_at: null }),
};

/** @param {Inbox.Overlay} overlay @param {Inbox.Drawn} notification */
const touches = ({ ids, upto }, notification) =>
  ids ? ids.includes(notification.id) : isListed(notification) && notification.arrived_revision <= upto;

/** In the order of the acts. Each tab of a browser has the same ones. */
export class Overlays {
  #state;
  /** @type {Map<string, Inbox.Overlay>} by their `op_id` */
  #laid = new Map();

  /** @param {Inbox.State} state */
  constructor(state) {
    this.#state = state;
  }

  get size() {
    return this.#laid.size;
  }

  /** @param {string} opId */
  get(opId) {
    return this.#laid.get(opId);
  }

  /** @param {Inbox.Overlay} overlay */
  lay(overlay) {
    if (!this.#laid.has(overlay.op_id)) this.#laid.set(overlay.op_id, overlay);
  }

  /** Done: the overlay lasts until the stream brings the change. @param {string} opId @param {number} revision */
  confirm(opId, revision) {
    const overlay = this.#laid.get(opId);
    if (overlay) overlay.revision = revision;
    this.settle();
  }

  /** @param {string} opId */
  lift(opId) {
    return this.#laid.delete(opId);
  }

  /** Those that the stream has brought end. */
  settle() {
    const { revision: reached } = this.#state;
    this.#keep(({ revision }) => revision === null || revision > reached);
  }

  /** Another epoch, or a revision that went back: earlier answers say nothing now. */
  beginLife() {
    this.#keep(({ revision }) => revision === null);
  }

  /** A notification as its user is to see it. @template {Inbox.Drawn} One @param {One} notification @returns {One} */
  view(notification) {
    let shown = notification;
    for (const overlay of this.#laid.values()) {
      if (touches(overlay, shown)) shown = { ...shown, ...ACTS[overlay.op](shown, overlay.at, overlay.until) };
    }
    return shown;
  }

  /** @returns {Inbox.Counts} */
  counts() {
    const { counts } = this.#state;
    if (!this.size) return counts;
    return {
      unread: this.#count(counts.unread, isUnread, ["read", "archive"]),
      unseen: this.#count(counts.unseen, isUnseen, ["seen", "read", "archive"]),
    };
  }

  /** @param {number} total @param {(one: Inbox.Drawn) => boolean} isCounted @param {Inbox.Op[]} clearing */
  #count(total, isCounted, clearing) {
    const all = [...this.#state.notifications.values()];
    const held = all.filter(isCounted).length;
    // Those that are not held are older, so an act on all takes them along, unless it is taken back.
    const laid = [...this.#laid.values()];
    const undone = laid.map(({ undoes }) => undoes);
    const isCleared = laid.some(({ op, ids, op_id }) => !ids && clearing.includes(op) && !undone.includes(op_id));
    const shown = all.map((one) => this.view(one)).filter(isCounted).length;
    return (isCleared ? 0 : Math.max(0, total - held)) + shown;
  }

  /** @param {(overlay: Inbox.Overlay) => boolean} isKept */
  #keep(isKept) {
    for (const [opId, overlay] of this.#laid) if (!isKept(overlay)) this.#laid.delete(opId);
  }
}
