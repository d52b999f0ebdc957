/** The live dashboard's page: shows what the feed brings, and says how old it is. */
import { Chart } from "./dashboard-chart.js";
import { Feed } from "./dashboard-feed.js";
import { SelfTest } from "./dashboard-self-test.js";
import { eventRows, processRows } from "./dashboard-tables.js";
import { word } from "./dashboard-text.js";
import { part, say } from "./dom.js";
import { gettext, interpolate } from "./gettext.js";
import { loadWords } from "./languages.js";

const STALE_MS = 3_000;

/** @type {Inbox.Clock} */
const clock = {
  now: () => performance.now(),
  setTimeout: (call, ms) => setTimeout(call, ms),
  clearTimeout: (timer) => clearTimeout(/** @type {number | undefined} */ (timer)),
};

class Dashboard {
  #root;
  #charts;
  #pause;
  #window;
  #frameAt = clock.now();
  #stopped = "";
  #said = "";
  /** @type {Record<string, Record<string, string>>} */
  #words;
  /** @type {Inbox.Timer} */
  #historyTimer = null;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root;
    this.#charts = [...root.querySelectorAll("[data-chart]")].map((card) => new Chart(/** @type {HTMLElement} */ (card)));
    this.#words = JSON.parse(part(root, "#dashboard-words", HTMLScriptElement).text);
    this.#pause = part(root, "[data-pause]", HTMLButtonElement);
    this.#window = part(root, "[data-window]", HTMLSelectElement);
    this.#pause.addEventListener("click", () => this.#togglePause());
    this.#window.addEventListener("change", () => this.#readHistory());
    part(root, "[data-controls]", HTMLElement).hidden = false;
    new SelfTest(root, clock);
  }

  begin() {
    const socket = new URL(this.#root.dataset.socket ?? "", location.href);
    socket.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const urls = { socket: socket.href, figures: this.#root.dataset.figures ?? "" };
    const events = {
      /** @param {any} frame */
      frame: (frame) => this.#frame(frame),
      /** @param {string} why */
      stopped: (why) => {
        this.#stopped = why;
        this.#sayState();
      },
    };
    new Feed(urls, events, { clock, Socket: WebSocket, fetch: (...about) => fetch(...about) }).begin();
    this.#readHistory();
    setInterval(() => this.#sayState(), 1_000);
    // A hidden page's timers sleep; what it shows may be old when it is seen again.
    document.addEventListener("visibilitychange", () => document.hidden || this.#readHistory());
  }

  get #isPaused() {
    return this.#pause.getAttribute("aria-pressed") === "true";
  }

  #togglePause() {
    this.#pause.setAttribute("aria-pressed", String(!this.#isPaused));
    if (!this.#isPaused) this.#readHistory();
    this.#sayState();
  }

  /** @param {any} frame */
  #frame(frame) {
    if (frame.type !== "figures") {
      this.#say(gettext("The database does not answer."), true);
      return;
    }
    this.#frameAt = clock.now();
    if (this.#isPaused) return;
    for (const chart of this.#charts) chart.now(frame.values);
    for (const [key, { name, is }] of Object.entries(frame.states)) say(part(this.#root, `[data-is="${key}"]`, HTMLElement), interpolate(word(this.#words.states, is), { name }));
    const causes = Object.entries(frame.refused).map(([cause, count]) => `${word(this.#words.causes, cause)} ${count}`);
    part(this.#root, "[data-refused]", HTMLElement).textContent = causes.length ? interpolate(gettext("Refused: %(causes)s."), { causes: causes.join(", ") }) : "";
    processRows(this.#root, frame.processes);
    eventRows(this.#root, frame.events, this.#words);
    this.#sayState();
  }

  #sayState() {
    const ageS = Math.floor((clock.now() - this.#frameAt) / 1000);
    if (this.#stopped) this.#say(this.#stopped, true);
    else if (clock.now() - this.#frameAt >= STALE_MS) this.#say(interpolate(gettext("Last update %(seconds)s s ago"), { seconds: ageS }), true, gettext("Last update was a while ago"));
    else this.#say(this.#isPaused ? gettext("Paused") : gettext("Live"), false);
  }

  /** @param {string} text @param {boolean} isStale @param {string} said to a screen reader: not each second that it is late */
  #say(text, isStale, said = text) {
    this.#root.classList.toggle("stale", isStale);
    const state = part(this.#root, "[data-state]", HTMLElement);
    if (state.textContent !== text) state.textContent = text;
    if (said !== this.#said) part(this.#root, "[data-said]", HTMLElement).textContent = this.#said = said;
  }

  async #readHistory() {
    clock.clearTimeout(this.#historyTimer);
    let againMs = 10_000;
    const asked = this.#window.value;
    try {
      const answer = await fetch(`${this.#root.dataset.history}?window=${asked}`, { headers: { Accept: "application/json" } });
      if (answer.ok && asked === this.#window.value) {
        const series = await answer.json();
        // Nothing yet: the first comes within seconds.
        againMs = series.starts.length ? Math.min(series.again_s, 30) * 1000 : 2_000;
        for (const chart of this.#charts) chart.draw(series);
      }
    } catch {
      // What is shown grows old, and says so.
    }
    clock.clearTimeout(this.#historyTimer);
    if (!this.#stopped && !this.#isPaused) this.#historyTimer = clock.setTimeout(() => this.#readHistory(), againMs);
  }
}

const root = document.querySelector("[data-dashboard]");
await loadWords();
if (root instanceof HTMLElement) new Dashboard(root).begin();
