/** The wire contract `notifications.v1`: twin of protocol.py, with the same names and numbers. */
export const VERSION = 1;
export const SUBPROTOCOL = "notifications.v1";
export const CLIENT_FRAME_MAX_BYTES = 4096;
export const INTEGER_MAX = Number.MAX_SAFE_INTEGER;
export const ID_MAX_LENGTH = 64;
export const IDS_MAX_COUNT = 200;
export const CHANGES_MAX_COUNT = 300;
export const SNAPSHOT_SIZE = 50;

export const CloseCode = Object.freeze({
  SIGNED_OUT: 4001,
  NOT_ALLOWED: 4003,
  PROTOCOL_VIOLATED: 4008,
  VERSION: 4010,
  RATE_LIMIT: 4100,
  OVERLOADED: 4101,
  TOO_MANY_CONNECTIONS: 4102,
  RESTART: 4200,
  TOO_SLOW: 4201,
  RENEW: 4202,
  STATE_LOST: 4203,
  NO_PONG: 4204,
});

export const Verdict = Object.freeze({ STOP: "stop", BACK_OFF: "back off", RECONNECT: "reconnect" });

/** By range, so that new codes are obeyed too. */
export function verdict(code) {
  const hundreds = Math.floor(code / 100);
  if (hundreds === 40 || code === 1009) return Verdict.STOP;
  if (hundreds === 42 || code === 1012) return Verdict.RECONNECT;
  return Verdict.BACK_OFF;
}

const isText = (value) => typeof value === "string";
const isId = (value) => isText(value) && value !== "" && value.length <= ID_MAX_LENGTH;
export const isRevision = (value) => Number.isSafeInteger(value) && value >= 0;
const isCounts = (value) => isRevision(value?.unread) && isRevision(value?.unseen);
const isNotification = (value) =>
  isId(value?.id) && isRevision(value.revision) && isRevision(value.arrived_revision) && isText(value.title);
const areAll = (values, isOne) => Array.isArray(values) && values.every(isOne);

// What a client relies on; the rest of a frame it ignores.
const isValid = {
  hello: (frame) =>
    isId(frame.user) && isId(frame.epoch) && isRevision(frame.revision) && frame.ping_interval_s > 0,
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
export const SERVER_FRAME_TYPES = Object.keys(isValid);
export const CLIENT_FRAME_TYPES = ["resume", "pong", "ping"];

/** A frame from the server; null where it is malformed, or of a type that we do not know. */
export function parse(text) {
  try {
    const frame = isText(text) && JSON.parse(text);
    return Object.hasOwn(isValid, frame.type) && isValid[frame.type](frame) ? frame : null;
  } catch {
    return null;
  }
}

/** `since` null: I have nothing. */
export const resumeFrame = (epoch, since) => JSON.stringify({ type: "resume", epoch, since });
export const pongFrame = (epoch, revision) => JSON.stringify({ type: "pong", epoch, revision });
export const pingFrame = () => JSON.stringify({ type: "ping" });
