/** What passes on a connection, in a sentence each. Nothing of what a notification says is repeated. */
import { counted } from "./figures.js";

/** @param {unknown} value */
const number = (value) => (typeof value === "number" ? String(value) : "?");

/** @typedef {(frame: any) => string} Tell */
/** @type {Record<string, Tell>} */
const FROM_SERVER = {
  hello: (frame) =>
    `The server lets us in: the inbox is at revision ${number(frame.revision)}, and a heartbeat comes every ${number(frame.ping_interval_s)} s.`,
  changes: ({ notifications = [], removed = [], since, revision }) =>
    `What is new: ${counted(notifications.length, "notification")} changed and ${removed.length} went, from revision ${number(since)} to ${number(revision)}.`,
  snapshot: ({ notifications = [], revision }) =>
    `All of it anew: the newest ${counted(notifications.length, "notification")}, at revision ${number(revision)}.`,
  synced: ({ revision }) => `We have everything up to revision ${number(revision)}. What follows is live.`,
  ping: ({ revision }) => `Heartbeat: the server asks whether we are still here, with revision ${number(revision)}.`,
  pong: () => "The server's answer to our question: it is still there.",
  error: ({ code }) => `The server did not understand the last frame (${String(code)}).`,
  bye: ({ code }) => `The server is about to end this connection (${number(code)}).`,
};
/** @type {Record<string, Tell>} */
const FROM_US = {
  pong: ({ revision }) => `We have revision ${number(revision)}: proof that it was delivered.`,
  ping: () => "We ask whether the server is still there.",
  resume: ({ since }) =>
    since === null ? "We ask for all of it anew." : `Something is missing: we ask for all after revision ${number(since)}.`,
};

/** @param {Diagnostics.Direction} direction @param {string} text @returns {{type: string, sentence: string}} */
export function explain(direction, text) {
  const words = direction === "in" ? FROM_SERVER : FROM_US;
  try {
    const frame = JSON.parse(text);
    const type = String(frame.type).slice(0, 20);
    const sentence = Object.hasOwn(words, type) ? words[type](frame) : "A frame that this page does not know.";
    return { type, sentence };
  } catch {
    return { type: "?", sentence: "This is no frame of the protocol." };
  }
}

/** @type {Record<string, string>} */
const HEADERS = {
  accept: "What the browser would take.",
  "accept-encoding": "How an answer may be packed.",
  "accept-language": "The languages of the browser.",
  authorization: "A key or token: who asks. Not shown.",
  "cache-control": "No answer from a cache will do.",
  connection: "This connection is to become something else.",
  cookie: "Who is signed in: how the server knows that it is you. Not shown.",
  date: "When the server answered.",
  host: "Which site is asked.",
  origin: "Whose page asks. Another site's would be refused.",
  pragma: "The same for very old caches.",
  server: "Which program answered.",
  "sec-fetch-site": "Where the page that asks stands to the site: the same.",
  "sec-fetch-mode": "What kind of request this is.",
  "sec-fetch-dest": "What the answer is for.",
  "sec-websocket-accept": "Made from the key: the other side really knows WebSocket.",
  "sec-websocket-extensions": "What both sides could add, such as compression.",
  "sec-websocket-key": "A random number, no secret: its answer shows that no cache has answered.",
  "sec-websocket-protocol": "Which language is spoken over the connection.",
  "sec-websocket-version": "The version of WebSocket: 13, that of RFC 6455.",
  upgrade: "What it is to become: a WebSocket.",
  "user-agent": "Which browser this is.",
  via: "A proxy has passed it on.",
};

/** @param {string} name */
export function explainHeader(name) {
  const plain = name.toLowerCase();
  if (Object.hasOwn(HEADERS, plain)) return HEADERS[plain];
  if (plain.startsWith("x-forwarded-") || plain === "forwarded" || plain === "x-real-ip") return "Added by a proxy on the way.";
  return plain.startsWith("sec-ch-") ? "More about the browser." : "Not known to this page.";
}
