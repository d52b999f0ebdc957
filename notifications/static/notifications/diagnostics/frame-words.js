/** What passes on a connection, in a sentence each. Nothing of what a notification says is repeated. */
import { gettext, interpolate, ngettext } from "../gettext.js";

/** @param {unknown} value */
const number = (value) => (typeof value === "number" ? String(value) : "?");

/** @typedef {(frame: any) => string} Tell */
/** @type {Record<string, Tell>} */
const FROM_SERVER = {
  hello: (frame) =>
    interpolate(gettext("The server lets us in: the inbox is at revision %(revision)s, and a heartbeat comes every %(seconds)s s."), {
      revision: number(frame.revision),
      seconds: number(frame.ping_interval_s),
    }),
  changes: ({ notifications = [], removed = [], since, revision }) => {
    const { length: count } = notifications;
    const text = ngettext(
      "What is new: %(count)s notification changed and %(removed)s went, from revision %(since)s to %(revision)s.",
      "What is new: %(count)s notifications changed and %(removed)s went, from revision %(since)s to %(revision)s.",
      count,
    );
    return interpolate(text, { count, removed: removed.length, since: number(since), revision: number(revision) });
  },
  snapshot: ({ notifications = [], revision }) => {
    const { length: count } = notifications;
    const text = ngettext(
      "All of it anew: the newest %(count)s notification, at revision %(revision)s.",
      "All of it anew: the newest %(count)s notifications, at revision %(revision)s.",
      count,
    );
    return interpolate(text, { count, revision: number(revision) });
  },
  synced: ({ revision }) => interpolate(gettext("We have everything up to revision %(revision)s. What follows is live."), { revision: number(revision) }),
  ping: ({ revision }) => interpolate(gettext("Heartbeat: the server asks whether we are still here, with revision %(revision)s."), { revision: number(revision) }),
  pong: () => gettext("The server's answer to our question: it is still there."),
  error: ({ code }) => interpolate(gettext("The server did not understand the last frame (%(code)s)."), { code: String(code) }),
  bye: ({ code }) => interpolate(gettext("The server is about to end this connection (%(code)s)."), { code: number(code) }),
};
/** @type {Record<string, Tell>} */
const FROM_US = {
  pong: ({ revision }) => interpolate(gettext("We have revision %(revision)s: proof that it was delivered."), { revision: number(revision) }),
  ping: () => gettext("We ask whether the server is still there."),
  resume: ({ since }) =>
    since === null
      ? gettext("We ask for all of it anew.")
      : interpolate(gettext("Something is missing: we ask for all after revision %(revision)s."), { revision: number(since) }),
};

/** @param {Diagnostics.Direction} direction @param {string} text @returns {{type: string, sentence: string}} */
export function explain(direction, text) {
  const words = direction === "in" ? FROM_SERVER : FROM_US;
  try {
    const frame = JSON.parse(text);
    const type = String(frame.type).slice(0, 20);
    const sentence = Object.hasOwn(words, type) ? words[type](frame) : gettext("A frame that this page does not know.");
    return { type, sentence };
  } catch {
    return { type: "?", sentence: gettext("This is no frame of the protocol.") };
  }
}

/** @type {Record<string, string>} */
const HEADERS = {
  get accept() { return gettext("What the browser would take."); },
  get "accept-encoding"() { return gettext("How an answer may be packed."); },
  get "accept-language"() { return gettext("The languages of the browser."); },
  get authorization() { return gettext("A key or token: who asks. Not shown."); },
  get "cache-control"() { return gettext("No answer from a cache will do."); },
  get connection() { return gettext("This connection is to become something else."); },
  get cookie() { return gettext("Who is signed in: how the server knows that it is you. Not shown."); },
  get date() { return gettext("When the server answered."); },
  get host() { return gettext("Which site is asked."); },
  get origin() { return gettext("Whose page asks. Another site's would be refused."); },
  get pragma() { return gettext("The same for very old caches."); },
  get server() { return gettext("Which program answered."); },
  get "sec-fetch-site"() { return gettext("Where the page that asks stands to the site: the same."); },
  get "sec-fetch-mode"() { return gettext("What kind of request this is."); },
  get "sec-fetch-dest"() { return gettext("What the answer is for."); },
  get "sec-websocket-accept"() { return gettext("Made from the key: the other side really knows WebSocket."); },
  get "sec-websocket-extensions"() { return gettext("What both sides could add, such as compression."); },
  get "sec-websocket-key"() { return gettext("A random number, no secret: its answer shows that no cache has answered."); },
  get "sec-websocket-protocol"() { return gettext("Which language is spoken over the connection."); },
  get "sec-websocket-version"() { return gettext("The version of WebSocket: 13, that of RFC 6455."); },
  get upgrade() { return gettext("What it is to become: a WebSocket."); },
  get "user-agent"() { return gettext("Which browser this is."); },
  get via() { return gettext("A proxy has passed it on."); },
};

/** @param {string} name */
export function explainHeader(name) {
  const plain = name.toLowerCase();
  if (Object.hasOwn(HEADERS, plain)) return HEADERS[plain];
  if (plain.startsWith("x-forwarded-") || plain === "forwarded" || plain === "x-real-ip") return gettext("Added by a proxy on the way.");
  return plain.startsWith("sec-ch-") ? gettext("More about the browser.") : gettext("Not known to this page.");
}
