/** What a bell needs only once it is opened or has something to say: loaded after the page is live. */
import { Activation } from "./activation.js";
import { chosenOf } from "./chosen.js";
import { cookie } from "./cookies.js";
import { isUnread } from "./inbox-state.js";
import { NotificationPanel } from "./notification-panel.js";
import { NotificationToastElement } from "./notification-toast-element.js";
import { DETAILS_STYLE, ROW_STYLE, dress } from "./styles.js";
import { TabFocus } from "./tab-focus.js";
import { announcement, endOf, failureText } from "./words.js";

// Another one after each sign-in (NOTIFICATIONS_SIGN_IN_COOKIE).
const signIn = () => cookie("sign-in-cookie");
const signInAtFirst = signIn();

// Brought back by the browser after somebody signed out, the page must not be seen again.
addEventListener("pageshow", ({ persisted }) => {
  if (!persisted || signIn() === signInAtFirst) return;
  document.documentElement.hidden = true;
  location.reload();
});

const SPEAK_AFTER_MS = 1_000;
const DESKTOP_MAX = 3;

customElements.define("notification-toast", NotificationToastElement);

/** The panel, the toasts and the voice of a bell. */
export class BellDetails {
  #bell;
  #client;
  #focus;
  #status;
  #alert;
  #toasts;
  #chosen;
  /** @type {Inbox.Notification[]} */
  #unspoken = [];

  /**
   * @param {Inbox.Bell} bell
   * @param {HTMLButtonElement} button
   * @param {HTMLElement} status a live region, as is the next
   * @param {HTMLElement} alert
   */
  constructor(bell, button, status, alert) {
    const { client } = bell;
    this.#bell = bell;
    this.#client = client;
    this.#chosen = chosenOf(client);
    this.#focus = new TabFocus(`${client.name}:focus`);
    this.#status = status;
    this.#alert = alert;
    const activation = new Activation(bell);
    const panel = new NotificationPanel({ client, button, activation });
    this.panel = panel.node;
    /** @param {string} [id] */
    const unfold = (id) => panel.unfold(id);
    this.#toasts = new NotificationToastElement({ clock: client.clock, refuge: button, activation, unfold });
    // Without a style it is not as it should be, and still of use.
    this.isStyled = dress(/** @type {ShadowRoot} */ (bell.shadowRoot), ROW_STYLE, DETAILS_STYLE).catch(() => {});
    // Now, since later there may be no network; and what was done without one is waiting.
    client.acts().catch(() => {});
    button.after(this.panel, this.#toasts);
    client.addEventListener("change", () => this.#toasts.dropTold((one) => this.#isStillUnread(one)));
  }

  /** The first bell of an inbox speaks for the others on its page, and one tab for the others. */
  get #isVoice() {
    return this.#isFirst && this.#focus.isOurs(!this.#client.leader);
  }

  get #isFirst() {
    const bells = [...document.querySelectorAll("notification-bell")];
    return (bells.find(({ client }) => client === this.#client) ?? this.#bell) === this.#bell;
  }

  /** Tells of them, to the page and to its user. @param {Inbox.Notification[]} notifications */
  announce(notifications) {
    const shown = notifications.filter((notification) => this.#bell.emit("notification", { notification }, true));
    this.#alertOf(shown);
    const toasts = shown.filter((one) => this.#chosen.allows(one, "toast"));
    if (!toasts.length || !this.#isVoice) return;
    if (this.#bell.getAttribute("toasts") !== "off") this.#toasts.show(toasts, this.#chosen.toastMs);
    if (!this.#unspoken.length) setTimeout(() => this.#speakOfNew(), SPEAK_AFTER_MS);
    this.#unspoken.push(...toasts);
  }

  /** Beyond the page: one tab does it for all. @param {Inbox.Notification[]} notifications */
  async #alertOf(notifications) {
    if (this.#client.leader || !this.#isFirst) return;
    /** @param {"desktop" | "sound"} channel */
    const wanted = (channel) => notifications.filter((one) => this.#chosen.allows(one, channel));
    const onDesktop = this.#focus.isNowhere() ? wanted("desktop") : [];
    const isLoud = wanted("sound").length > 0;
    if (!onDesktop.length && !isLoud) return;
    const { showOnDesktop, sound } = await import("./alerts.js");
    // Beyond a few, the count tells more than each.
    for (const one of onDesktop.slice(0, DESKTOP_MAX)) showOnDesktop(one, () => this.#bell.open());
    if (isLoud) sound().catch(() => {});
  }

  /** @param {Inbox.Failure} failure */
  failed({ op, ids, status }) {
    const text = op === "seen" ? "" : failureText(op, this.#client.inbox.notifications.get(ids?.[0] ?? "")?.title);
    this.#bell.emit("error", { code: status, message: text, op, ids });
    // Nobody asked for `seen`.
    if (!text || !this.#isVoice) return;
    this.#speak(this.#alert, text);
    this.#toasts.showError(text);
  }

  /** @param {Inbox.ClientEvents["signedout"]} detail */
  signedOut({ reason }) {
    this.#bell.emit("signedout", { reason });
    this.#speak(this.#alert, endOf(reason)?.text ?? "");
  }

  /** What came within a second is told in one sentence. */
  #speakOfNew() {
    const told = this.#unspoken.splice(0);
    this.#speak(told.some(({ level }) => level === "critical") ? this.#alert : this.#status, announcement(told));
  }

  /** @param {HTMLElement} region @param {string} text */
  #speak(region, text) {
    // The same words again are heard only after silence.
    region.textContent = "";
    setTimeout(() => (region.textContent = text), 100);
  }

  /** @param {Inbox.Notification} notification */
  #isStillUnread({ id }) {
    const held = this.#client.inbox.notifications.get(id);
    return held !== undefined && isUnread(this.#client.inbox.view(held));
  }
}
