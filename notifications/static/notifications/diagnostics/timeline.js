/** When events happened and when each way told of them: as a picture, and as a table of the same. */
import { element, svgElement } from "../dom.js";
import { gettext, interpolate } from "../gettext.js";
import { eventsText, figuresOf, msText } from "./figures.js";

const [WIDTH, LEFT, RIGHT] = [720, 104, 20];
const ROWS = { events: 28, socket: 64, polling: 100 };
const HEIGHT = 140;

/** @param {Diagnostics.Comparison} comparison */
export function drawing(comparison) {
  const { beganAt, seconds, polling, socket } = comparison;
  // The last poll comes after the end.
  const last = Math.max(seconds * 1000, ...[...polling.arrivals.values(), ...polling.asked].map((at) => at - beganAt));
  /** @param {number} ms since the beginning */
  const x = (ms) => Math.round((LEFT + (Math.max(0, ms) / last) * (WIDTH - LEFT - RIGHT)) * 10) / 10;
  const { events } = figuresOf(comparison);
  const label = interpolate(
    gettext("%(events)s in %(seconds)s s: WebSocket told of each at once, HTTP polling at the next request. The table below says the same."),
    { events: eventsText(events.length), seconds },
  );
  const svg = svgElement("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label });
  for (const [row, text] of [["events", gettext("Happened")], ["socket", "WebSocket"], ["polling", gettext("HTTP polling")]]) {
    const y = ROWS[/** @type {keyof typeof ROWS} */ (row)];
    svg.append(svgElement("line", { class: "axis", x1: LEFT, x2: WIDTH - RIGHT, y1: y, y2: y }), svgElement("text", { x: 10, y: y + 4 }, text));
  }
  for (let second = 0; second * 1000 <= last; second += seconds > 20 ? 5 : 1) {
    svg.append(svgElement("text", { class: "tick", x: x(second * 1000), y: HEIGHT - 6, "text-anchor": "middle" }, interpolate(gettext("%(seconds)s s"), { seconds: second })));
  }
  for (const at of polling.asked) svg.append(svgElement("line", { class: "asked", x1: x(at - beganAt), x2: x(at - beganAt), y1: ROWS.polling - 8, y2: ROWS.polling + 8 }));
  for (const { id, happened } of events) {
    const [bySocket, byPolling] = [socket.arrivals.get(id), polling.arrivals.get(id)];
    if (happened !== null) svg.append(...marks(x, happened, bySocket && bySocket - beganAt, byPolling && byPolling - beganAt));
  }
  return svg;
}

/** @param {(ms: number) => number} x @param {number} happened @param {number} [bySocket] @param {number} [byPolling] */
function marks(x, happened, bySocket, byPolling) {
  const found = [svgElement("circle", { class: "event", cx: x(happened), cy: ROWS.events, r: 3 })];
  if (bySocket !== undefined) {
    found.push(
      svgElement("line", { class: "socket", x1: x(happened), x2: x(bySocket), y1: ROWS.events, y2: ROWS.socket }),
      svgElement("circle", { class: "socket", cx: x(bySocket), cy: ROWS.socket, r: 5 }),
    );
  }
  if (byPolling !== undefined) {
    found.push(
      svgElement("line", { class: "polling", x1: x(happened), x2: x(byPolling), y1: ROWS.events, y2: ROWS.polling }),
      svgElement("rect", { class: "polling", x: x(byPolling) - 4.5, y: ROWS.polling - 4.5, width: 9, height: 9 }),
    );
  }
  return found;
}

/** The rows of the table. @param {Diagnostics.Figures} figures */
export function eventRows({ events }) {
  return events.map(({ id, happened, socket, polling, earlier }) =>
    element(
      "tr",
      {},
      element("th", { scope: "row", textContent: String(id) }),
      ...[happened, socket, polling, earlier].map((value) => element("td", { textContent: msText(value) })),
    ),
  );
}
