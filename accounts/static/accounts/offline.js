/** The page for where the site cannot be reached: has the browser keep it, and leaves it once it can. */

const worker = document.querySelector("meta[name=offline-worker]");
const isOffline = document.querySelector("[data-offline]");

if (isOffline) addEventListener("online", () => location.reload());
else if (worker instanceof HTMLMetaElement && "serviceWorker" in navigator) {
  // After all that is looked at. Without one, as in a private window, the browser says it in its own words.
  addEventListener("load", () => navigator.serviceWorker.register(worker.content).catch(() => {}));
}
