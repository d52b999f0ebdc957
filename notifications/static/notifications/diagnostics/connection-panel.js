/** One's own connection: facts, the handshake of another one like it, and what passes. */
import { element, part } from "../dom.js";
import { gettext, interpolate } from "../gettext.js";
import { bytesText } from "./figures.js";
import { Heartbeat, tabsSharing, tabsText, wayText } from "./facts.js";
import { explain, explainHeader } from "./frame-words.js";
import { tap } from "./wire-tap.js";

const SHOWN = 50;
const LOOK_MS = 2_000;
const PATIENCE_MS = 5_000;

export class ConnectionPanel {
  heartbeat = new Heartbeat();
  /** @type {Diagnostics.Handshake | null} */
  handshake = null;
  /** @type {[string, string][]} */
  facts = [];
  /** Of the report. @type {string[]} */
  lines = [];
  /** Since when this tab holds a socket. @type {number | null} */
  openSince = null;
  #bell;
  #client;
  #list;
  #frames;
  #isPaused = false;

  /** @param {HTMLElement} root @param {Inbox.Bell} bell */
  constructor(root, bell) {
    this.#bell = bell;
    this.#client = bell.client;
    this.#list = part(root, "[data-facts]", HTMLElement);
    this.#frames = part(root, "[data-frames]", HTMLElement);
    const pause = part(root, "[data-pause]", HTMLButtonElement);
    pause.addEventListener("click", () => {
      this.#isPaused = !this.#isPaused;
      pause.textContent = this.#isPaused ? gettext("Go on") : gettext("Pause");
    });
    tap.addEventListener("frame", (event) => this.#passed(/** @type {CustomEvent<Diagnostics.Passed>} */ (event).detail));
    tap.addEventListener("sockets", () => (this.openSince = tap.sockets.size ? performance.now() : null));
    // Where this tab has no socket, what its client was told all the same.
    this.#client.addEventListener("frame", ({ detail }) => {
      if (!tap.sockets.size) this.#passed({ direction: "in", text: JSON.stringify(detail), bytes: 0, at: performance.now() });
    });
    this.#client.addEventListener("state", () => this.#stateChanged());
    setInterval(() => document.hidden || this.look(), LOOK_MS);
    this.#stateChanged();
  }

  #stateChanged() {
    // A question, whose answer tells how long it takes; where another tab leads it has no need of one.
    if (this.#client.state === "live" && tap.sockets.size && this.heartbeat.roundTripMs === null) this.#client.wake();
    this.look();
  }

  async look() {
    const client = this.#client;
    const tabs = await tabsSharing(client.name).catch(() => null);
    this.facts = [
      [gettext("Transport"), wayText(client, this.#bell.getAttribute("transport"), tap.isRefusing)],
      [gettext("Tabs"), tabsText(tabs, !client.leader)],
      [gettext("Heartbeat"), this.heartbeat.text(performance.now())],
      [gettext("Revision"), client.isReady ? String(client.inbox.revision) : gettext("not known yet")],
      [gettext("Connection"), client.connectionId || gettext("has no id: each request stands alone")],
    ];
    if (!this.#list.children.length) {
      // The last is an id, in no language.
      this.#list.append(...this.facts.flatMap(([name], at) => [element("dt", { textContent: name }), element("dd", { translate: at < this.facts.length - 1 })]));
    }
    const shown = this.#list.querySelectorAll("dd");
    // What somebody has selected, to copy it, stays selected.
    this.facts.forEach(([, text], at) => shown[at].textContent === text || (shown[at].textContent = text));
  }

  /** @param {Diagnostics.Passed} passed */
  #passed(passed) {
    this.heartbeat.passed(passed);
    const { direction, text, bytes } = passed;
    const { type, sentence } = explain(direction, text);
    const time = new Date().toISOString().slice(11, 23);
    const way = direction === "in" ? gettext("from the server") : gettext("to the server");
    const size = bytes ? bytesText(bytes) : gettext("from another way or tab");
    this.lines = [...this.lines, `${time} ${way}: ${type}, ${size}`].slice(-SHOWN);
    if (this.#isPaused) return;
    const head = element("span", { className: "meta", textContent: interpolate(gettext("%(time)s UTC, %(way)s, %(size)s"), { time, way, size }) });
    this.#frames.prepend(element("li", {}, element("code", { textContent: type, translate: false }), " ", sentence, " ", head));
    while (this.#frames.children.length > SHOWN) this.#frames.lastElementChild?.remove();
  }
}

/** What the server saw of a handshake; null: there is no WebSocket, or the server did not tell. @param {string} socketUrl @returns {Promise<Diagnostics.Handshake | null>} */
export function askForHandshake(socketUrl, SocketClass = WebSocket) {
  return new Promise((resolve) => {
    const socket = new SocketClass(`${socketUrl}diagnostics/`);
    /** @param {Diagnostics.Handshake | null} found */
    const end = (found) => {
      clearTimeout(timer);
      socket.onmessage = socket.onclose = null;
      socket.close();
      resolve(found);
    };
    const timer = setTimeout(() => end(null), PATIENCE_MS);
    socket.onclose = () => end(null);
    socket.onmessage = ({ data }) => {
      const frame = JSON.parse(data);
      end(frame.type === "handshake" ? frame : null);
    };
  });
}

/** @param {HTMLElement} root @param {Diagnostics.Handshake | null} handshake */
export function showHandshake(root, handshake) {
  part(root, "[data-handshake-missing]", HTMLElement).hidden = handshake !== null;
  for (const side of /** @type {const} */ (["request", "response"])) {
    const table = part(root, `[data-${side}]`, HTMLTableElement);
    table.hidden = handshake === null;
    if (!handshake) continue;
    const { line, headers, bytes } = handshake[side];
    part(table, "[data-line]", HTMLElement).textContent = interpolate(gettext("%(line)s (%(size)s in all)"), { line, size: bytesText(bytes) });
    table.tBodies[0].replaceChildren(
      ...headers.map(([name, value]) =>
        element("tr", {}, element("th", { scope: "row", textContent: name, translate: false }), element("td", { textContent: value, translate: false }), element("td", { textContent: explainHeader(name) })),
      ),
    );
  }
}
