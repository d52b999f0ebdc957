/** The dashboard's two tables. Rows that stay are written anew, not made anew: the focus stays. */
import { ageText, figureText, shareText, word } from "./dashboard-text.js";
import { element, part, place } from "./dom.js";
import { gettext, interpolate } from "./gettext.js";
import { zonedTime } from "./time.js";

/** The columns of a process's name and version. */
const NAMES = [0, 6];

/** @param {HTMLElement} root @param {any[]} processes */
export function processRows(root, processes) {
  const rows = processes.map((one) => {
    const { websocket, sse, poll } = one.streams;
    const counts = [websocket, sse, poll].map(String);
    const rest = [figureText(one.loop_lag, "s"), figureText(one.memory, "bytes"), one.version, ageText(one.age_s)];
    return { key: one.id, cells: [one.name, ...counts, ...rest], process: one };
  });
  const body = part(root, "[data-processes]", HTMLElement);
  const drain = root.dataset.drain;
  write(body, rows, "process");
  // A browser that translates the page leaves these as they are.
  for (const row of body.children) for (const at of NAMES) /** @type {HTMLElement} */ (row.children[at]).translate = false;
  if (drain) rows.forEach(({ process }, at) => drainCell(/** @type {HTMLTableRowElement} */ (body.children[at]), process, drain));
  part(root, "[data-no-processes]", HTMLElement).hidden = rows.length > 0;
}

/** @param {HTMLElement} root @param {any[]} events @param {Record<string, Record<string, string>>} words */
export function eventRows(root, events, words) {
  const rows = events.map((one) => {
    const [delivered, ...shares] = [one.delivered, one.seen, one.read].map((count) => shareText(count, one.reached));
    const counts = [one.recipients, one.reached].map((count) => figureText(count, "count"));
    return { key: one.id, cells: [one.id, zonedTime(one.at), word(words.audiences, one.audience), word(words.statuses, one.status), ...counts, delivered, figureText(one.p95, "s"), ...shares] };
  });
  write(part(root, "[data-events]", HTMLElement), rows, "event");
  part(root, "[data-no-events]", HTMLElement).hidden = rows.length > 0;
  part(root, "[data-of-events]", HTMLElement).hidden = !rows.length;
}

/** @param {HTMLElement} body @param {{key: string, cells: string[]}[]} rows @param {string} name */
function write(body, rows, name) {
  const known = new Map([...body.children].map((row) => [/** @type {HTMLElement} */ (row).dataset[name], row]));
  const nodes = rows.map(({ key, cells }) => {
    const node = known.get(key) ?? newRow(cells.length, name, key);
    cells.forEach((text, at) => {
      if (node.children[at].textContent !== text) node.children[at].textContent = text;
    });
    return node;
  });
  place(body, nodes);
}

/** @param {number} count @param {string} name @param {string} key */
function newRow(count, name, key) {
  const row = element("tr", {}, element("th", { scope: "row" }));
  row.dataset[name] = key;
  for (let at = 1; at < count; at++) row.append(element("td"));
  return row;
}

/** @param {HTMLTableRowElement} row @param {any} process @param {string} path */
function drainCell(row, process, path) {
  const cell = row.querySelector("[data-drain-cell]") ?? row.appendChild(element("td"));
  cell.setAttribute("data-drain-cell", "");
  if (process.draining) {
    if (cell.textContent !== gettext("Draining")) cell.replaceChildren(gettext("Draining"));
  } else if (!cell.firstElementChild) {
    const link = element("a", { className: "button", href: path.replace("ID", encodeURIComponent(process.id)), textContent: gettext("Drain") });
    link.setAttribute("aria-label", interpolate(gettext("Drain %(name)s"), { name: process.name }));
    cell.replaceChildren(link);
  }
}
