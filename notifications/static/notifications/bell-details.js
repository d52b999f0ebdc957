/** What a bell needs only once it is opened or has something to say: loaded after the page is live. */
import { Activation } from "./activation.js";
import { number, word } from "./attributes.js";
import { chosenOf } from "./chosen.js";
import { cookie } from "./cookies.js";
import { ElementActs } from "./element-acts.js";
import { isUnread } from "./inbox-state.js";
import { NotificationPanel } from "./notification-panel.js";
import { NotificationToastElement } from "./notification-toast-element.js";
import { PageSigns } from "./page-signs.js";
import { DETAILS_STYLE, ROW_STYLE, dress } from "./styles.js";
import { TabFocus } from "./tab-focus.js";
import { dismissTips } from "./tips.js";
import { announcement, endOf, failureText } from "./words.js";

const SPEAK_AFTER_MS = 1_000;
const DESKTOP_MAX = 3;

customElements.define("notification-toast", NotificationToastElement);

/** @type {string | null | undefined} */
let signInCookie;

/**
 * Brought back by the browser after somebody signed out, the page must not be seen again.
 * @param {string | null} name of a cookie that is another one after each sign-in (NOTIFICATIONS_SIGN_IN_COOKIE)
 */
function neverShowAgain(name) {
  if (signInCookie !== undefined) return;
  signInCookie = name;
  const atFirst = cookie(name);
  addEventListener("pageshow", ({ persisted }) => {
    if (!persisted || cookie(name) === atFirst) return;
    document.documentElement.hidden = true;
    location.reload();
  });
}

/** The panel, the toasts and the voice of a bell. */
export class BellDetails {
  #bell;
  #client;
  #focus;
  #status;
  #alert;
  #toasts;
  #chosen;
  #activation;
  #panel;
  /** @type {PageSigns | undefined} */
  #signs;
  /** @type {Inbox.Notification[]} */
  #unspoken = [];

  /** @param {Inbox.Bell} bell @param {Inbox.BellParts} parts */
  constructor(bell, { button, status, alert, signal }) {
    const { client } = bell;
    this.#bell = bell;
    this.#client = client;
    this.#chosen = chosenOf(client);
    this.#focus = new TabFocus(`${client.name}:focus`, signal);
    this.#status = status;
    this.#alert = alert;
    this.acts = new ElementActs(client);
    const activation = (this.#activation = new Activation(bell));
    this.#panel = new NotificationPanel({ bell, button, activation, acts: this.acts, signal });
    this.panel = this.#panel.node;
    /** @param {string} [id] */
    const unfold = (id) => this.#panel.unfold(id);
    this.#toasts = new NotificationToastElement({ clock: client.clock, refuge: button, activation, unfold });
    this.#toasts.setAttribute("data-at", word(bell, "toast-position"));
    // Without a style it is not as it should be, and still of use.
    this.isStyled = dress(/** @type {ShadowRoot} */ (bell.shadowRoot), ROW_STYLE, DETAILS_STYLE).catch(() => {});
    // Now, since later there may be no network; and what was done without one is waiting.
    client.acts().catch(() => {});
    button.after(this.panel, this.#toasts);
    client.addEventListener("change", () => this.#toasts.dropTold((one) => this.#isStillUnread(one)), { signal });
    neverShowAgain(bell.getAttribute("sign-in-cookie"));
    dismissTips();
    if (this.#isFirst) this.#signs = new PageSigns(bell, signal);
  }

  leave() {
    this.#toasts.remove();
  }

  redraw() {
    this.#panel.redraw();
  }

  /** @param {string} name */
  attributeChanged(name) {
    this.#panel.attributeChanged();
    this.#toasts.setAttribute("data-at", word(this.#bell, "toast-position"));
    if (name === "favicon") this.#signs?.show();
  }

  /** The first bell of an inbox speaks for the others on its page, and one tab for the others. */
  get #isVoice() {
    return this.#isFirst && this.#focus.isOurs(!this.#client.leader);
  }

  get #isFirst() {
    return [...this.#client.elements].find((one) => one.localName === this.#bell.localName) === this.#bell;
  }

  /** Tells of them, to the page and to its user. @param {Inbox.Notification[]} notifications */
  announce(notifications) {
    const shown = notifications.filter((notification) => this.#bell.emit("notification", { notification }, true));
    this.#alertOf(shown);
    const toasts = shown.filter((one) => this.#chosen.allows(one, "toast"));
    if (!toasts.length || !this.#isVoice) return;
    const durationMs = this.#chosen.toastMs ?? number(this.#bell, "toast-duration");
    if (word(this.#bell, "toasts") === "on") this.#toasts.show(toasts, durationMs);
    if (!this.#unspoken.length) setTimeout(() => this.#speakOfNew(), SPEAK_AFTER_MS);
    this.#unspoken.push(...toasts);
  }

  /** Beyond the page: one tab does it for all. @param {Inbox.Notification[]} notifications */
  async #alertOf(notifications) {
    if (this.#client.leader || !this.#isFirst) return;
    /** @param {"desktop" | "sound" | "toast"} channel */
    const wanted = (channel) => notifications.filter((one) => this.#chosen.allows(one, channel));
    const onDesktop = this.#focus.isNowhere() ? wanted("desktop") : [];
    const sound = word(this.#bell, "sound");
    const isLoud = sound !== "off" && wanted(sound === "on" ? "toast" : "sound").length > 0;
    if (!onDesktop.length && !isLoud) return;
    const { showOnDesktop, playTones } = await import("./alerts.js");
    // Beyond a few, the count tells more than each.
    for (const one of onDesktop.slice(0, DESKTOP_MAX)) showOnDesktop(one, () => this.#activation.open(one, () => this.#panel.unfold(one.id)));
    if (isLoud) playTones().catch(() => {});
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
