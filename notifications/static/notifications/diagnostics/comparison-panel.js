/** The comparison: its form, its figures as they come, and its picture. */
import { part } from "../dom.js";
import { ComparisonRun } from "./comparison.js";
import { bytesText, counted, figuresOf, msText } from "./figures.js";
import { comparisonLines } from "./report.js";
import { drawing, eventRows } from "./timeline.js";

const LOOK_MS = 250;

/** @typedef {[string, string | number, string | number]} Row what, by polling, by WebSocket */

/** @param {Diagnostics.Figures} figures @param {Diagnostics.Comparison} comparison @returns {Row[]} */
function rowsOf({ polling, socket }, comparison) {
  /** @param {Diagnostics.LaneFigures} lane */
  const after = ({ median, p95 }) => (median === null ? "–" : `${msText(median)} / ${msText(p95)}`);
  const about = comparison.socket.isExact ? "" : "about ";
  return [
    ["Shown after, median / p95", after(polling), after(socket)],
    ["Requests made", polling.requests, socket.requests],
    ["Empty answers", polling.empty, socket.empty],
    ["Bytes sent", bytesText(polling.up), about + bytesText(socket.up)],
    ["Bytes received", bytesText(polling.down), about + bytesText(socket.down)],
  ];
}

export class ComparisonPanel {
  /** Of the report. @type {string[]} */
  lines = [];
  #form;
  #button;
  #status;
  #progress;
  #result;
  #options;
  #clock;
  /** @type {ComparisonRun | null} */
  #run = null;

  /** @param {HTMLElement} root @param {Diagnostics.ComparisonOptions} options */
  constructor(root, options) {
    this.#options = options;
    this.#clock = options.clock;
    this.#form = part(root, "[data-comparison]", HTMLFormElement);
    this.#button = part(this.#form, "button", HTMLButtonElement);
    this.#status = part(root, "[data-comparison-status]", HTMLElement);
    this.#progress = part(root, "[data-comparison-progress]", HTMLProgressElement);
    this.#result = part(root, "[data-comparison-result]", HTMLElement);
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#run) this.#run.stop();
      else this.#start();
    });
    addEventListener("pagehide", () => this.#run?.stop());
  }

  async #start() {
    const seconds = Number(this.#form.dataset.seconds);
    const intervalMs = Number(new FormData(this.#form).get("interval")) * 1000;
    const run = (this.#run = new ComparisonRun(this.#options, { seconds, intervalMs }, () => this.#show(run.state)));
    this.#button.textContent = "Stop";
    this.#status.textContent = `Running for ${seconds} s. Events happen at the server, 2 s apart on average.`;
    this.#progress.max = seconds * 1000;
    this.#progress.hidden = false;
    const looking = setInterval(() => (this.#progress.value = Math.max(0, this.#clock.now() - run.state.beganAt)), LOOK_MS);
    try {
      this.#status.textContent = this.#said(await run.start());
    } catch (error) {
      this.#status.textContent = `It could not be started: ${error instanceof Error ? error.message : error}`;
    }
    clearInterval(looking);
    this.#progress.hidden = true;
    this.#run = null;
    this.#button.textContent = `Start the ${seconds} s test`;
  }

  /** @param {Diagnostics.Comparison} comparison */
  #said(comparison) {
    const { events, earlierMedian, earlierP95 } = figuresOf(comparison);
    const failures = [["WebSocket", comparison.socket.failure], ["HTTP polling", comparison.polling.failure]];
    const failed = failures.filter(([, failure]) => failure).map(([name, failure]) => ` ${name}: ${failure}`).join("");
    this.lines = comparisonLines(comparison);
    if (earlierMedian === null) return `Over.${failed}`;
    const later = earlierMedian < 0 ? "later" : "earlier";
    return `Over: ${counted(events.length, "event")}. WebSocket was ${later} by ${msText(Math.abs(earlierMedian))} (median), ${msText(earlierP95)} (p95), on this tab's clock.${failed}`;
  }

  /** @param {Diagnostics.Comparison} comparison */
  #show(comparison) {
    const figures = figuresOf(comparison);
    this.#result.hidden = false;
    const cells = this.#result.querySelectorAll("[data-figures] tbody td");
    rowsOf(figures, comparison).forEach(([, polling, socket], at) => {
      cells[at * 2].textContent = String(polling);
      cells[at * 2 + 1].textContent = String(socket);
    });
    part(this.#result, "[data-timeline]", HTMLElement).replaceChildren(drawing(comparison));
    part(this.#result, "[data-events]", HTMLElement).replaceChildren(...eventRows(figures));
    const { clock } = comparison;
    part(this.#result, "[data-clock-note]", HTMLElement).textContent = clock ? `The server's clock is known to ${msText(clock.doubt)}.` : "";
  }
}
