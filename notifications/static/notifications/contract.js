/** The rest of the wire contract's words: twin of contract.py. No page loads it before it is live. */
import { RENEW, RESTART, SIGNED_OUT } from "./protocol.js";

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
