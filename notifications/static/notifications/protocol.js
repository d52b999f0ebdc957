/** Twin of contract.py, as far as a page needs it; the rest is in contract.js. */
export const SUBPROTOCOL = "notifications.v1";
export const ID_MAX_LENGTH = 64;

export const SIGNED_OUT = 4001;
export const RESTART = 4200;
export const RENEW = 4202;

/** By range, so that new codes are obeyed too. @param {number} code */
export const isFinal = (code) => Math.floor(code / 100) === 40 || code === 1009;

/** @param {unknown} value @returns {value is string} */
const isText = (value) => typeof value === "string";
/** @param {unknown} value */
const isId = (value) => isText(value) && value !== "" && value.length <= ID_MAX_LENGTH;
/** @param {unknown} value @returns {value is number} */
export const isRevision = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
/** @param {Inbox.Unchecked["counts"]} value */
const isCounts = (value) => isRevision(value?.unread) && isRevision(value?.unseen);
/** @param {Partial<Inbox.Notification> | null} value */
const isNotification = (value) =>
  isId(value?.id) && isRevision(value?.revision) && isRevision(value?.arrived_revision) && isText(value?.title);
/** @template One @param {unknown} values @param {(value: One) => boolean} isOne */
const areAll = (values, isOne) => Array.isArray(values) && values.every(isOne);

/**
 * What a client relies on; the rest of a frame it ignores.
 * @type {Record<Inbox.Frame["type"], (frame: Inbox.Unchecked) => boolean>}
 */
const isValid = {
  hello: (frame) =>
    isId(frame.user) && isId(frame.epoch) && isRevision(frame.revision) && Number(frame.ping_interval_s) > 0,
  changes: (frame) =>
    isRevision(frame.since) &&
    isRevision(frame.revision) &&
    areAll(frame.notifications, isNotification) &&
    areAll(frame.removed, isId) &&
    (frame.partial === true || isCounts(frame.counts)),
  snapshot: (frame) =>
    isId(frame.epoch) &&
    isRevision(frame.revision) &&
    areAll(frame.notifications, isNotification) &&
    isCounts(frame.counts),
  synced: (frame) => isRevision(frame.revision),
  ping: (frame) => isRevision(frame.revision),
  pong: () => true,
  error: () => true,
  bye: (frame) => isRevision(frame.code),
};

/** Null: malformed, or of a type that we do not know. @param {unknown} text @returns {Inbox.Frame | null} */
export function parse(text) {
  try {
    const frame = isText(text) && JSON.parse(text);
    /** @type {Inbox.Frame["type"]} */
    const type = frame.type;
    return Object.hasOwn(isValid, type) && isValid[type](frame) ? frame : null;
  } catch {
    return null;
  }
}

/** `since` null: I have nothing. @param {string} epoch @param {number | null} since */
export const resumeFrame = (epoch, since) => JSON.stringify({ type: "resume", epoch, since });
/** @param {string} epoch @param {number} revision */
export const pongFrame = (epoch, revision) => JSON.stringify({ type: "pong", epoch, revision });
export const pingFrame = () => JSON.stringify({ type: "ping" });
