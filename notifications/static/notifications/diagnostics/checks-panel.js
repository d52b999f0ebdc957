/** The checks, one by one, each with what to do. */
import { element, part } from "../dom.js";
import { gettext, interpolate, ngettext } from "../gettext.js";
import { checkBetween, checkClock, checkHeartbeat, checkLongPoll, checkStreaming, checkTls, checkWebSocket } from "./checks.js";
import { askForHandshake, showHandshake } from "./connection-panel.js";
import { tap } from "./wire-tap.js";

const LOOK_MS = 2_000;
const WORDS = {
  get ok() { return gettext("ok"); },
  get bad() { return gettext("not ok"); },
  get unknown() { return gettext("not known"); },
};

export class ChecksPanel {
  /** @type {[string, Diagnostics.Finding][]} */
  findings = [];
  #root;
  #client;
  #connection;
  #options;
  #list;
  #button;
  #status;

  /** @param {HTMLElement} root @param {Inbox.Client} client @param {Diagnostics.ConnectionPanel} connection @param {Diagnostics.ComparisonOptions} options */
  constructor(root, client, connection, options) {
    this.#root = root;
    this.#client = client;
    this.#connection = connection;
    this.#options = options;
    this.#list = part(root, "[data-checks]", HTMLElement);
    this.#button = part(root, "[data-check-again]", HTMLButtonElement);
    this.#status = part(root, "[data-checks-status]", HTMLElement);
    this.#button.addEventListener("click", () => this.run());
    // The heartbeat comes when it comes.
    setInterval(() => document.hidden || this.#lookAtHeartbeat(), LOOK_MS);
  }

  async run() {
    const { url, socketUrl, fetch } = this.#options;
    const { inbox } = this.#client;
    this.#button.disabled = true;
    this.findings = [];
    const handshake = (this.#connection.handshake = await askForHandshake(socketUrl));
    showHandshake(this.#root, handshake);
    /** @type {Diagnostics.Check[]} */
    const checks = [
      { name: gettext("WebSocket"), run: () => checkWebSocket(socketUrl) },
      { name: gettext("Streaming, not buffered"), run: () => checkStreaming(url, fetch) },
      { name: gettext("Long poll"), run: () => checkLongPoll(url, { epoch: inbox.epoch, since: inbox.revision }, fetch) },
      { name: gettext("TLS"), run: async () => checkTls(location, isSecureContext) },
      { name: gettext("Clock"), run: async () => checkClock(this.#clockGuess()) },
      { name: gettext("Extensions and proxies in between"), run: async () => checkBetween({ isNative: tap.isNative, extensions: tap.extensions, handshake }) },
      { name: gettext("Heartbeat through the proxy"), run: async () => this.#heartbeat() },
    ];
    for (const { name, run } of checks) {
      this.#status.textContent = interpolate(gettext("Checking: %(name)s…"), { name });
      this.findings.push([name, await run()]);
      this.#show();
    }
    const wrong = this.findings.filter(([, { verdict }]) => verdict === "bad").length;
    const faults = ngettext("Checked: %(count)s of %(all)s is not ok.", "Checked: %(count)s of %(all)s are not ok.", wrong);
    this.#status.textContent = wrong ? interpolate(faults, { count: wrong, all: checks.length }) : gettext("Checked: nothing is wrong.");
    this.#button.disabled = false;
  }

  #heartbeat() {
    return checkHeartbeat(this.#connection.heartbeat, performance.now(), this.#connection.openSince);
  }

  #lookAtHeartbeat() {
    const last = this.findings.at(-1);
    // The last of them is the heartbeat's, once all have been.
    if (!last || this.#button.disabled) return;
    const found = this.#heartbeat();
    if (found.text === last[1].text) return;
    last[1] = found;
    this.#show();
  }

  /** @returns {Diagnostics.ClockGuess | null} */
  #clockGuess() {
    if (!this.#client.isReady) return null;
    return { offset: this.#client.now() - Date.now(), doubt: this.#connection.heartbeat.roundTripMs ?? 500 };
  }

  #show() {
    const rows = this.findings.map(([name, { verdict, text, remedy }]) => {
      const said = element("p", {}, text, ...(remedy ? [" ", element("strong", { textContent: remedy })] : []));
      const row = element("li", {}, element("span", { className: "verdict", textContent: WORDS[verdict] }), element("h3", { textContent: name }), said);
      row.dataset.verdict = verdict;
      return row;
    });
    this.#list.replaceChildren(...rows);
  }
}
