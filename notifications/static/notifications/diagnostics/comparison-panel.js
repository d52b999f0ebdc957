/** The comparison: its form, its figures as they come, and its picture. */
import { element, part } from "../dom.js";
import { around, gettext, interpolate } from "../gettext.js";
import { ComparisonRun } from "./comparison.js";
import { bytesText, eventsText, figuresOf, msText } from "./figures.js";
import { comparisonLines } from "./report.js";
import { drawing, eventRows } from "./timeline.js";

const LOOK_MS = 250;

/** Rounded to be read, with the number itself for whoever reads the page by a program. @param {number} value */
const exactly = (value) => element("data", { value: String(value), textContent: bytesText(value) });

/** By polling and by WebSocket, row by row as the template has them. @param {Diagnostics.Figures} figures @param {Diagnostics.Comparison} comparison */
function rowsOf({ polling, socket }, comparison) {
  /** @param {Diagnostics.LaneFigures} lane */
  const after = ({ median, p95 }) => (median === null ? "–" : `${msText(median)} / ${msText(p95)}`);
  /** @param {number} value */
  const socketBytes = (value) => (comparison.socket.isExact ? [exactly(value)] : around(gettext("about %(size)s"), "size", exactly(value)));
  return [
    [[after(polling)], [after(socket)]],
    [[String(polling.requests)], [String(socket.requests)]],
    [[String(polling.empty)], [String(socket.empty)]],
    [[exactly(polling.up)], socketBytes(socket.up)],
    [[exactly(polling.down)], socketBytes(socket.down)],
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
    this.#button.textContent = gettext("Stop");
    this.#status.textContent = interpolate(gettext("Running for %(seconds)s s. Events happen at the server, 2 s apart on average."), { seconds });
    this.#progress.max = seconds * 1000;
    this.#progress.hidden = false;
    const looking = setInterval(() => (this.#progress.value = Math.max(0, this.#clock.now() - run.state.beganAt)), LOOK_MS);
    try {
      this.#status.textContent = this.#said(await run.start());
    } catch (error) {
      this.#status.textContent = interpolate(gettext("It could not be started: %(cause)s"), { cause: error instanceof Error ? error.message : String(error) });
    }
    clearInterval(looking);
    this.#progress.hidden = true;
    this.#run = null;
    this.#button.textContent = interpolate(gettext("Start the %(seconds)s s test"), { seconds });
  }

  /** @param {Diagnostics.Comparison} comparison */
  #said(comparison) {
    const { events, earlierMedian, earlierP95 } = figuresOf(comparison);
    const failures = [["WebSocket", comparison.socket.failure], [gettext("HTTP polling"), comparison.polling.failure]];
    const failed = failures.filter(([, failure]) => failure).map(([name, failure]) => ` ${name}: ${failure}`).join("");
    this.lines = comparisonLines(comparison);
    if (earlierMedian === null) return gettext("Over.") + failed;
    const text =
      earlierMedian < 0
        ? gettext("Over: %(events)s. WebSocket was later by %(median)s (median), %(p95)s (p95), on this tab's clock.")
        : gettext("Over: %(events)s. WebSocket was earlier by %(median)s (median), %(p95)s (p95), on this tab's clock.");
    return interpolate(text, { events: eventsText(events.length), median: msText(Math.abs(earlierMedian)), p95: msText(earlierP95) }) + failed;
  }

  /** @param {Diagnostics.Comparison} comparison */
  #show(comparison) {
    const figures = figuresOf(comparison);
    this.#result.hidden = false;
    const cells = this.#result.querySelectorAll("[data-figures] tbody td");
    rowsOf(figures, comparison).flat().forEach((content, at) => cells[at].replaceChildren(...content));
    part(this.#result, "[data-timeline]", HTMLElement).replaceChildren(drawing(comparison));
    part(this.#result, "[data-events]", HTMLElement).replaceChildren(...eventRows(figures));
    const { clock } = comparison;
    part(this.#result, "[data-clock-note]", HTMLElement).textContent = clock ? interpolate(gettext("The server's clock is known to %(doubt)s."), { doubt: msText(clock.doubt) }) : "";
  }
}
