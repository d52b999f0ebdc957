/** The checks, one by one, each with what to do. */
import { element, part } from "../dom.js";
import { checkBetween, checkClock, checkHeartbeat, checkLongPoll, checkStreaming, checkTls, checkWebSocket } from "./checks.js";
import { askForHandshake, showHandshake } from "./connection-panel.js";
import { tap } from "./wire-tap.js";

const LOOK_MS = 2_000;
const WORDS = { ok: "ok", bad: "not ok", unknown: "not known" };

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
      { name: "WebSocket", run: () => checkWebSocket(socketUrl) },
      { name: "Streaming, not buffered", run: () => checkStreaming(url, fetch) },
      { name: "Long poll", run: () => checkLongPoll(url, { epoch: inbox.epoch, since: inbox.revision }, fetch) },
      { name: "TLS", run: async () => checkTls(location, isSecureContext) },
      { name: "Clock", run: async () => checkClock(this.#clockGuess()) },
      { name: "Extensions and proxies in between", run: async () => checkBetween({ isNative: tap.isNative, extensions: tap.extensions, handshake }) },
      { name: "Heartbeat through the proxy", run: async () => this.#heartbeat() },
    ];
    for (const { name, run } of checks) {
      this.#status.textContent = `Checking: ${name}…`;
      this.findings.push([name, await run()]);
      this.#show();
    }
    const wrong = this.findings.filter(([, { verdict }]) => verdict === "bad").length;
    this.#status.textContent = wrong ? `Checked: ${wrong} of ${checks.length} not ok.` : "Checked: nothing is wrong.";
    this.#button.disabled = false;
  }

  #heartbeat() {
    return checkHeartbeat(this.#connection.heartbeat, performance.now(), this.#connection.openSince);
  }

  #lookAtHeartbeat() {
    const last = this.findings.at(-1);
    if (!last?.[0].startsWith("Heartbeat")) return;
    last[1] = this.#heartbeat();
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
