/** What may stand between this browser and the server, tried one by one. */
import { gettext, interpolate } from "../gettext.js";
import { msText } from "./figures.js";

const PATIENCE_MS = 5_000;
const POLL_S = 2;
// Of what a page shows as times nobody notices less.
const CLOCK_MS = 2_000;
const proxyText = () => gettext("Let the proxy in front pass `Upgrade` and `Connection` on; see “Run in production” in the documentation.");
const buffersText = () => gettext("Switch buffering of responses off for this path (nginx: proxy_buffering off).");
const worksWithoutText = () => gettext("Notifications arrive all the same, by another way.");

/** @typedef {Diagnostics.Finding} Finding */

/** @param {string} text @returns {Finding} */
const ok = (text) => ({ verdict: "ok", text });
/** @param {string} text @param {string} remedy @returns {Finding} */
const bad = (text, remedy) => ({ verdict: "bad", text, remedy });
/** @param {string} text @param {string} [remedy] @returns {Finding} */
const unknown = (text, remedy) => ({ verdict: "unknown", text, remedy });

/** A word goes there and back. @param {string} socketUrl @returns {Promise<Finding>} */
export function checkWebSocket(socketUrl, SocketClass = WebSocket) {
  const word = `check ${Math.random()}`;
  const began = performance.now();
  return new Promise((resolve) => {
    const socket = new SocketClass(`${socketUrl}echo/`);
    /** @param {Finding} finding */
    const end = (finding) => {
      clearTimeout(timer);
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
      resolve(finding);
    };
    const timer = setTimeout(() => end(bad(gettext("Nothing came back within 5 s."), `${proxyText()} ${worksWithoutText()}`)), PATIENCE_MS);
    socket.onopen = () => socket.send(word);
    socket.onclose = () => end(bad(gettext("The connection was refused."), `${proxyText()} ${worksWithoutText()}`));
    socket.onmessage = ({ data }) => {
      if (data === word) end(ok(interpolate(gettext("It opens, and a word comes back: %(time)s in all."), { time: msText(performance.now() - began) })));
      else end(ok(gettext("It opens, and the server speaks; the echo is turned off here.")));
    };
  });
}

/** Whether the beginning of an answer comes before its end. @param {string} url @param {typeof fetch} fetching @returns {Promise<Finding>} */
export async function checkStreaming(url, fetching) {
  const abort = new AbortController();
  const began = performance.now();
  const timer = setTimeout(() => abort.abort(), PATIENCE_MS);
  try {
    const response = await fetching(`${url}inbox/events`, { cache: "no-store", signal: abort.signal });
    if (response.status === 429 || response.status === 503) return unknown(gettext("The server takes no more connections now."), gettext("Close other tabs, and check again."));
    if (!response.ok || !response.body) return bad(interpolate(gettext("The server answered %(status)s."), { status: response.status }), gettext("Sign in again, and check again."));
    const { done } = await response.body.getReader().read();
    return done ? bad(gettext("The answer came to its end at once."), buffersText()) : ok(interpolate(gettext("The first bytes came after %(time)s, and the answer goes on."), { time: msText(performance.now() - began) }));
  } catch {
    return abort.signal.aborted
      ? bad(gettext("Nothing came within 5 s: something on the way waits for the end of the answer."), buffersText())
      : bad(gettext("The request failed."), gettext("Look at the network, and check again."));
  } finally {
    clearTimeout(timer);
    abort.abort();
  }
}

/** Whether a request is held until there is something, or the time is over. @param {string} url @param {Inbox.Cursor} cursor @param {typeof fetch} fetching @returns {Promise<Finding>} */
export async function checkLongPoll(url, { epoch, since }, fetching) {
  const query = new URLSearchParams({ epoch, since: String(since), wait: String(POLL_S) });
  const signal = AbortSignal.timeout(POLL_S * 1000 + PATIENCE_MS);
  const began = performance.now();
  try {
    const response = await fetching(`${url}inbox/poll?${query}`, { cache: "no-store", signal });
    if (response.status === 429 || response.status === 503) return unknown(gettext("The server takes no more connections now."), gettext("Close other tabs, and check again."));
    if (!response.ok) return bad(interpolate(gettext("The server answered %(status)s."), { status: response.status }), gettext("Sign in again, and check again."));
    const { frames } = await response.json();
    const took = msText(performance.now() - began);
    return ok(frames.length ? interpolate(gettext("Something new came after %(time)s, and the request was answered."), { time: took }) : interpolate(gettext("The request was held for %(time)s, as asked."), { time: took }));
  } catch {
    return bad(gettext("No answer came in time."), gettext("Let the proxy in front wait at least 30 s for an answer (nginx: proxy_read_timeout)."));
  }
}

/** @param {{protocol: string, hostname: string}} location @param {boolean} isSecure @returns {Finding} */
export function checkTls({ protocol, hostname }, isSecure) {
  if (protocol === "https:") return ok(gettext("Everything is encrypted, and no proxy on the way can tamper with it."));
  if (isSecure) return ok(interpolate(gettext("Not encrypted, and need not be: %(host)s is this machine."), { host: hostname }));
  return bad(gettext("Not encrypted: anybody on the way can read it, and proxies that do not know WebSocket may break it."), gettext("Serve the site by https."));
}

/** @param {Diagnostics.ClockGuess | null} guess at the server's clock against this machine's @returns {Finding} */
export function checkClock(guess) {
  if (!guess) return unknown(gettext("The server has not told its time."), gettext("Check again once the connection is live."));
  const text = interpolate(gettext("It differs from the server's by %(time)s, to %(doubt)s."), { time: msText(Math.abs(guess.offset)), doubt: msText(guess.doubt) });
  const remedy = gettext("Let this machine set its clock by the network. Times on these pages are right all the same: they go by the server's.");
  return Math.abs(guess.offset) <= CLOCK_MS + guess.doubt ? ok(text) : bad(text, remedy);
}

/** @param {{isNative: boolean, extensions: string | null, handshake: Diagnostics.Handshake | null}} seen @returns {Finding} */
export function checkBetween({ isNative, extensions, handshake }) {
  if (!isNative) return bad(gettext("An extension of this browser has put its own WebSocket in place of the browser's."), gettext("Switch it off for this site, and load the page again."));
  if (!handshake) return unknown(gettext("The server did not tell what it saw."), gettext("Check again once WebSocket works."));
  const names = handshake.request.headers.map(([name]) => name.toLowerCase());
  const proxies = names.filter((name) => /^(via|forwarded|x-forwarded-|x-real-ip)/.test(name));
  const between = proxies.length ? interpolate(gettext("A proxy has passed the handshake on (%(headers)s)."), { headers: proxies.join(", ") }) : gettext("No proxy has left a trace in the handshake.");
  const frames = extensions ? interpolate(gettext("Frames are sent as %(extensions)s."), { extensions }) : gettext("Frames are sent as they are.");
  return ok([gettext("WebSocket is the browser's own."), between, frames].join(" "));
}

/** @param {Diagnostics.Heartbeat} heartbeat @param {number} now @param {number | null} sinceAt when the connection was opened @returns {Finding} */
export function checkHeartbeat({ intervalS, lastAt }, now, sinceAt) {
  if (intervalS === null || sinceAt === null) return unknown(gettext("This tab holds no WebSocket to see it on."), gettext("Use “Drop my connection”, by which this tab takes it over."));
  const lateMs = now - (lastAt ?? sinceAt) - intervalS * 1000;
  const idle = gettext("Let the proxy in front keep connections that are silent for a minute (nginx: proxy_read_timeout).");
  if (lateMs > PATIENCE_MS) return bad(interpolate(gettext("The next one is late by %(time)s."), { time: msText(lateMs) }), idle);
  if (lastAt !== null) return ok(interpolate(gettext("It comes every %(seconds)s s, and came when it was due."), { seconds: intervalS }));
  return unknown(interpolate(gettext("None was due yet; the first one is, in %(seconds)s s."), { seconds: Math.max(0, Math.ceil(-lateMs / 1000)) }), gettext("Wait; this line changes by itself."));
}
