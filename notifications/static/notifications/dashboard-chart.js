/** Draws one card's lines as an SVG, and writes their table once somebody opens it. */
import { gettext, interpolate } from "./gettext.js";
import { figureText, lineText } from "./dashboard-text.js";
import { element, part, svgElement } from "./dom.js";
import { clockTime, locale } from "./time.js";

const [WIDTH, HEIGHT] = [300, 80];

/**
 * @typedef {{window_s: number, step_s: number, again_s: number, starts: number[], series: Record<string, (number | null)[]>}} Series
 * @typedef {{key: string, label: string}} Line
 */

export class Chart {
  #card;
  #details;
  #unit;
  #title;
  #lines;
  /** @type {Series | null} */
  #series = null;

  /** @param {HTMLElement} card */
  constructor(card) {
    this.#card = card;
    this.#unit = card.dataset.unit ?? "count";
    this.#title = part(card, "h2", HTMLElement).textContent ?? "";
    this.#lines = [...card.querySelectorAll("dl > div")].map((row) => ({
      key: part(row, "dd", HTMLElement).dataset.value ?? "",
      label: part(row, "dt", HTMLElement).textContent?.trim() ?? "",
    }));
    this.#details = part(card, "[data-points]", HTMLDetailsElement);
    this.#details.addEventListener("toggle", () => this.#writeTable());
  }

  /** @param {Record<string, number | null>} values */
  now(values) {
    for (const cell of this.#card.querySelectorAll("[data-value]")) {
      if (cell instanceof HTMLElement) {
        const text = figureText(values[cell.dataset.value ?? ""], this.#unit);
        if (cell.textContent !== text) cell.textContent = text;
      }
    }
  }

  /** @param {Series} series */
  draw(series) {
    this.#series = series;
    const plot = part(this.#card, "[data-plot]", HTMLElement);
    if (!series.starts.length) {
      plot.replaceChildren(element("p", { className: "empty", textContent: gettext("Nothing is known of this time.") }));
      return;
    }
    const known = this.#lines.flatMap(({ key }) => series.series[key].filter((point) => point !== null));
    const most = Math.max(...known, 0) || 1;
    const top = element("span", { className: "top", textContent: figureText(Math.max(...known, 0), this.#unit) });
    const [first, last] = [series.starts[0], series.starts[series.starts.length - 1] + series.step_s];
    const times = element("p", { className: "times" }, clockTime(first * 1000), " – ", clockTime(last * 1000));
    plot.replaceChildren(top, this.#picture(series, most), times);
    this.#details.hidden = false;
    this.#writeTable();
  }

  /** @param {Series} series @param {number} most */
  #picture(series, most) {
    const picture = svgElement("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", class: "plot" });
    const said = this.#lines.map(({ key, label }) => lineText(label, series.series[key], this.#unit)).join("; ");
    picture.setAttribute("aria-label", `${this.#title}. ${said}.`);
    const slots = Math.max(1, Math.round(series.window_s / series.step_s) - 1);
    // What is not known yet is at the right: the newest stands at the end.
    const shift = slots - (series.starts.length - 1);
    this.#lines.forEach(({ key }, at) => {
      const d = path(series.series[key], most, slots, shift);
      picture.append(svgElement("path", { class: `line line-${at + 1}`, d, "vector-effect": "non-scaling-stroke" }));
    });
    return picture;
  }

  #writeTable() {
    const series = this.#series;
    this.#details.querySelector(".wide")?.remove();
    if (!series || !this.#details.open) return;
    const head = element("tr", {}, element("th", { scope: "col", textContent: gettext("From") }));
    for (const { label } of this.#lines) head.append(element("th", { scope: "col", textContent: label }));
    const rows = series.starts.map((start, at) => {
      const row = element("tr", {}, element("th", { scope: "row", textContent: clockSeconds(start) }));
      for (const { key } of this.#lines) row.append(element("td", { textContent: figureText(series.series[key][at], this.#unit) }));
      return row;
    });
    const caption = element("caption", { className: "visually-hidden", textContent: this.#title });
    const table = element("table", {}, caption, element("thead", {}, head), element("tbody", {}, ...rows.reverse()));
    const wide = element("div", { className: "wide points", tabIndex: 0 }, table);
    wide.setAttribute("role", "region");
    wide.setAttribute("aria-label", interpolate(gettext("%(title)s, table"), { title: this.#title }));
    this.#details.append(wide);
  }
}

/** @param {number} second */
const clockSeconds = (second) => new Date(second * 1000).toLocaleTimeString(locale());

/**
 * A line through the points; where one is not known it is broken, and a lone one is a dash.
 * @param {(number | null)[]} points @param {number} most @param {number} slots @param {number} shift
 */
export function path(points, most, slots, shift) {
  let [d, isOpen] = ["", false];
  points.forEach((point, at) => {
    if (point === null) {
      isOpen = false;
      return;
    }
    const x = (((at + shift) * WIDTH) / slots).toFixed(1);
    const y = (HEIGHT - 2 - (point * (HEIGHT - 4)) / most).toFixed(1);
    d += isOpen ? `L${x} ${y}` : `M${x} ${y}h0.5`;
    isOpen = true;
  });
  return d;
}
