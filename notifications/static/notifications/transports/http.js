/** What both transports over HTTP share. */
import { CloseCode } from "../contract.js";

/** @type {Record<number, number | undefined>} */
const CODES = {
  401: CloseCode.SIGNED_OUT,
  403: CloseCode.NOT_ALLOWED,
  429: CloseCode.RATE_LIMIT,
  503: CloseCode.OVERLOADED,
};
const PROBLEM = "application/problem+json";

/** The URL with that query, as far as there is one. @param {string} url @param {object | null} query */
export const withQuery = (url, query) =>
  `${url}?${new URLSearchParams(Object.entries(query ?? {}).map(([name, value]) => [name, String(value)]))}`;

/** What a client asks for. @param {{epoch: string, since: number | null}} resume @returns {Inbox.Cursor | null} */
export const cursorOf = ({ epoch, since }) => (since === null ? null : { epoch, since });

/**
 * The frame that says on a socket what a refusal says by its status. Null: hardly an answer of our
 * server's, so that this transport is not proven; firewalls, too, say 403 and 503.
 * @param {Response} response
 * @returns {Inbox.ByeFrame | null}
 */
export function byeOf({ status, headers }) {
  const code = CODES[status];
  const isOurs = status === 403 ? headers.get("Content-Type")?.startsWith(PROBLEM) : status !== 503 || headers.has("Retry-After");
  if (!code || !isOurs) return null;
  const seconds = Number(headers.get("Retry-After"));
  const after_ms = seconds > 0 ? Math.ceil(seconds * 1000) : 0;
  return { type: "bye", code, reason: `HTTP ${status}`, reconnect: status !== 403, after_ms };
}
