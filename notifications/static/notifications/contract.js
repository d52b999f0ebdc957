/** The rest of the wire contract: twin of contract.py. No page loads it before it is live. */
import { RENEW, RESTART, SIGNED_OUT } from "./protocol.js";

export const VERSION = 1;
export const CLIENT_FRAME_MAX_BYTES = 4096;
export const INTEGER_MAX = Number.MAX_SAFE_INTEGER;
export const IDS_MAX_COUNT = 200;
export const CHANGES_MAX_COUNT = 300;
export const SNAPSHOT_SIZE = 50;

export const CloseCode = Object.freeze({
  SIGNED_OUT,
  NOT_ALLOWED: 4003,
  PROTOCOL_VIOLATED: 4008,
  VERSION: 4010,
  RATE_LIMIT: 4100,
  OVERLOADED: 4101,
  TOO_MANY_CONNECTIONS: 4102,
  RESTART,
  TOO_SLOW: 4201,
  RENEW,
  STATE_LOST: 4203,
  NO_PONG: 4204,
});
