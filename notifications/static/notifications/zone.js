/**
 * Tells the server its reader's time zone, and puts into it what was drawn before it knew. Also has the
 * browser keep the page for being offline, if the site has one.
 */
import { zonedTime } from "./time.js";

const YEAR_S = 365 * 86_400;
const { timeZone } = Intl.DateTimeFormat().resolvedOptions();

if (timeZone) {
  // config/time_zones.py
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `notifications_time_zone=${timeZone}; path=/; max-age=${YEAR_S}; samesite=lax${secure}`;
  /** @type {NodeListOf<HTMLTimeElement>} */
  const times = document.querySelectorAll("time[data-zoned]");
  for (const time of times) time.textContent = zonedTime(time.dateTime, document.documentElement.lang);
  // What is typed is meant so, and said to be.
  for (const node of document.querySelectorAll("[data-zone]")) {
    if (node instanceof HTMLInputElement) node.value = timeZone;
    else node.textContent = timeZone;
  }
}

const worker = document.querySelector("meta[name=offline-worker]");
if (worker instanceof HTMLMetaElement && "serviceWorker" in navigator) {
  // After all that is looked at. Where none can be, as in a private window, the browser has its own words.
  addEventListener("load", () => navigator.serviceWorker.register(worker.content).catch(() => {}));
}
