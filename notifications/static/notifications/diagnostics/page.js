/** Puts the diagnostics page together, once its bell is there. */
import { InboxApi } from "../api.js";
import { part } from "../dom.js";
import { gettext } from "../gettext.js";
import { ChecksPanel } from "./checks-panel.js";
import { ComparisonPanel } from "./comparison-panel.js";
import { ConnectionPanel } from "./connection-panel.js";
import { DropsPanel } from "./drops-panel.js";
import { EchoPanel } from "./echo-panel.js";
import { reportText } from "./report.js";
import { loadAllWords } from "./words.js";

const FETCH_TIMEOUT_MS = 15_000;
const READY_WITHIN_MS = 5_000;

/** @param {HTMLElement} root */
async function begin(root) {
  const url = new URL(root.dataset.api ?? "/api/v1/", document.baseURI).href;
  const socketUrl = new URL("../../ws/", url).href.replace("http", "ws");
  const csrfToken = () => part(root, "input[name=csrfmiddlewaretoken]", HTMLInputElement).value;
  /** @type {typeof fetch} */
  const fetching = (address, asked) => fetch(address, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS), ...asked });
  /** @type {Inbox.Clock} */
  const clock = {
    now: () => performance.now(),
    setTimeout: (call, ms) => setTimeout(call, ms),
    clearTimeout: (timer) => clearTimeout(/** @type {number | undefined} */ (timer)),
  };
  /** @type {Diagnostics.ComparisonOptions} */
  const options = { url, socketUrl, fetch: fetching, WebSocket, csrfToken, clock };
  const comparison = new ComparisonPanel(root, options);
  new EchoPanel(root, options);
  for (const node of root.querySelectorAll("[data-live]")) if (node instanceof HTMLElement) node.hidden = false;
  for (const node of root.querySelectorAll("[data-static]")) node.remove();
  await customElements.whenDefined("notification-bell");
  const bell = /** @type {Inbox.Bell | null} */ (document.querySelector("notification-bell"));
  if (!bell?.client) return;
  const api = new InboxApi({ url, fetch: fetching, csrfToken, clock, random: Math.random });
  const connection = new ConnectionPanel(root, bell);
  const checks = new ChecksPanel(root, bell.client, connection, options);
  const drops = new DropsPanel(root, bell.client, api);
  for (const node of root.querySelectorAll("[data-with-bell]")) if (node instanceof HTMLElement) node.hidden = false;
  offerReport(root, () =>
    reportText({
      now: new Date(),
      page: location.origin + location.pathname,
      browser: navigator.userAgent,
      facts: [...connection.facts, ["User", bell.client.user ?? "not known"]],
      findings: checks.findings,
      comparison: comparison.lines,
      drops: drops.lines,
      frames: connection.lines,
      handshake: connection.handshake,
    }),
  );
  await ready(bell.client);
  checks.run();
}

/** Checks of an inbox that is not there yet would say little. @param {Inbox.Client} client */
function ready(client) {
  return new Promise((resolve) => {
    if (client.isReady) resolve(null);
    client.addEventListener("state", () => client.isReady && resolve(null));
    setTimeout(() => resolve(null), READY_WITHIN_MS);
  });
}

/** @param {HTMLElement} root @param {() => string} text */
function offerReport(root, text) {
  const area = part(root, "[data-report]", HTMLTextAreaElement);
  const status = part(root, "[data-report-status]", HTMLElement);
  part(root, "[data-copy]", HTMLButtonElement).addEventListener("click", async () => {
    area.value = text();
    area.hidden = false;
    try {
      await navigator.clipboard.writeText(area.value);
      status.textContent = gettext("Copied.");
    } catch {
      // Not over plain HTTP, and not where the browser was told so.
      area.select();
      status.textContent = gettext("Select the text and copy it: the browser does not let this page do so.");
    }
  });
}

const found = document.querySelector("[data-diagnostics]");
if (found instanceof HTMLElement) {
  await loadAllWords();
  begin(found);
}
