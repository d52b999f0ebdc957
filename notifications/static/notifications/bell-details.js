/** What a bell needs only once it is opened or has something to say: loaded after the page is live. */
import { element } from "./dom.js";
import { isUnread } from "./inbox-state.js";
import { NotificationPanel } from "./notification-panel.js";
import { NotificationToastElement } from "./notification-toast-element.js";
import { STATES, announcement, failureText } from "./words.js";

const SPEAK_AFTER_MS = 1_000;

customElements.define("notification-toast", NotificationToastElement);

/** The panel, the toasts and the voice of a bell. */
export class BellDetails {
  #client;
  #status;
  #alert;
  #toasts;
  #unspoken = [];

  /**
   * @param {{client: Inbox.Client, button: HTMLButtonElement, inboxUrl: string,
   *   styles: string[], status: HTMLElement, alert: HTMLElement}} options the last two are live regions
   */
  constructor({ client, button, inboxUrl, styles, status, alert }) {
    const { clock } = client;
    this.#client = client;
    this.#status = status;
    this.#alert = alert;
    this.panel = new NotificationPanel({ client, button, inboxUrl }).node;
    const opened = (id) => client.markRead([id]);
    this.#toasts = new NotificationToastElement({ clock, inboxUrl, styles, refuge: button, opened });
    const sheet = element("link", { rel: "stylesheet", href: styles.at(-1) });
    this.isStyled = new Promise((resolve) => (sheet.onload = sheet.onerror = resolve));
    button.after(sheet, this.panel, this.#toasts);
    client.addEventListener("change", () => this.#toasts.dropTold((one) => this.#isStillUnread(one)));
  }

  announce(notifications) {
    // In a hidden tab a toast would be gone before anybody saw it.
    if (!document.hidden) this.#toasts.show(notifications);
    if (!this.#unspoken.length) setTimeout(() => this.#speakOfNew(), SPEAK_AFTER_MS);
    this.#unspoken.push(...notifications);
  }

  failed({ op, ids }) {
    if (op === "seen") return; // nobody asked for it
    const text = failureText(op, this.#client.inbox.notifications.get(ids?.[0])?.title);
    this.#speak(this.#alert, text);
    this.#toasts.showError(text);
  }

  signedOut(reason) {
    this.#speak(this.#alert, STATES[reason]);
  }

  /** What came within a second is told in one sentence. */
  #speakOfNew() {
    const told = this.#unspoken.splice(0);
    this.#speak(told.some(({ level }) => level === "critical") ? this.#alert : this.#status, announcement(told));
  }

  #speak(region, text) {
    // The same words again are heard only after silence.
    region.textContent = "";
    setTimeout(() => (region.textContent = text), 100);
  }

  #isStillUnread({ id }) {
    const held = this.#client.inbox.notifications.get(id);
    return held !== undefined && isUnread(this.#client.inbox.view(held));
  }
}
