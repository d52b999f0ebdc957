/** What the page of preferences can do only with JavaScript: desktop alerts, which a browser grants. */
import { gettext } from "./gettext.js";
import { loadWords } from "./languages.js";

await loadWords();

const STATES = {
  granted: gettext("Desktop alerts are on in this browser."),
  denied: gettext("Desktop alerts are blocked in this browser: open the site settings to allow them."),
  default: gettext("Desktop alerts are off in this browser."),
  unsupported: gettext("This browser has no desktop alerts."),
};

/** @type {HTMLElement | null} */
const box = document.querySelector("[data-desktop]");
const said = box?.querySelector("[data-desktop-state]");
/** @type {HTMLButtonElement | null | undefined} */
const button = box?.querySelector("[data-desktop-on]");

function show() {
  if (!box || !said || !button) return;
  const state = "Notification" in window ? Notification.permission : "unsupported";
  box.hidden = false;
  said.textContent = STATES[state];
  button.hidden = state !== "default";
}

// Asked for only when it was pressed: browsers hold it against a page that asks by itself.
button?.addEventListener("click", async () => {
  await Notification.requestPermission();
  show();
});
show();
