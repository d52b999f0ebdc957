import { address, look, number } from "./attributes.js";
import { setWords, words } from "./gettext.js";

/** Other ones, and it is another inbox. */
const NAMING = ["src", "token-url", "user"];

/**
 * What shows an inbox: the bell, or the whole list. Those of one inbox on a page share its client.
 * @template {{acts: Inbox.ElementActs}} Later what it loads later
 */
export class NotificationElement extends HTMLElement {
  static observedAttributes = [...NAMING, "inbox-url", "theme", "transport"];
  /** Gives an element its client, and hears of those that leave. @type {Inbox.Clients} */
  static clients;

  /** Once it is in a page. */
  client = /** @type {Inbox.Client} */ (/** @type {unknown} */ (null));
  #isLeaving = false;
  #listening = new AbortController();
  /** @type {Promise<Later> | null} */
  #loading = null;
  /** @type {Inbox.RenderItem | null} */
  #renderItem = null;

  /** Draws what is inside a row, in place of ours; null: we do. */
  get renderItem() {
    return this.#renderItem;
  }

  set renderItem(render) {
    this.#renderItem = render;
    this.redraw();
  }

  /** The newest ones, as many as `limit` says. @returns {Inbox.Notification[]} */
  get items() {
    return this.client?.inbox.latest(number(this, "limit")) ?? [];
  }

  /** @returns {Inbox.ClientState} */
  get state() {
    return this.client?.state ?? "waiting";
  }

  /** Null: none. */
  get inboxUrl() {
    return address(this, "inbox-url") ?? (this.hasAttribute("token-url") ? null : new URL("/inbox/", this.client.url).href);
  }

  /** What is said in place of our English texts, by all elements of the page. @returns {Inbox.Catalogue} */
  get words() {
    return words()?.texts ?? {};
  }

  set words(texts) {
    setWords({ ...this.words, ...texts }, words()?.language ?? (this.closest("[lang]")?.getAttribute("lang") || "en"));
    for (const element of this.client?.elements ?? []) element.drawAnew();
  }

  connectedCallback() {
    // Set before there was a setter: it would hide that.
    for (const name of /** @type {const} */ (["words", "renderItem"])) {
      if (!Object.hasOwn(this, name)) continue;
      const value = this[name];
      Reflect.deleteProperty(this, name);
      Object.assign(this, { [name]: value });
    }
    this.client = NotificationElement.clients.join(this);
    this.#listening = new AbortController();
    this.joined(this.#listening.signal);
  }

  disconnectedCallback() {
    this.#listening.abort();
    this.#loading = null;
    this.left();
    NotificationElement.clients.leave(this);
  }

  /** @param {string} name @param {string | null} before @param {string | null} after */
  attributeChangedCallback(name, before, after) {
    look(this, name);
    if (!this.client || !this.isConnected || before === after) return;
    if (NAMING.includes(name)) this.drawAnew();
    if (name === "transport") this.client.reconnect();
    this.changed(name);
  }

  /** All of it, for another inbox or in other words. Several attributes are set one after another. */
  drawAnew() {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    queueMicrotask(() => {
      this.#isLeaving = false;
      if (!this.isConnected) return;
      this.disconnectedCallback();
      this.connectedCallback();
    });
  }

  /** It has a client from now on, maybe another one. @param {AbortSignal} _signal it has left */
  joined(_signal) {}

  left() {}

  /** Rows are drawn in another way. */
  redraw() {}

  /** An attribute says something else. @param {string} _name */
  changed(_name) {}

  /** What is needed only later; once, and again after it failed. @returns {Promise<Later>} */
  load() {
    const loading = (this.#loading ??= this.loadLater(this.#listening.signal));
    // It may have left and come back since then, and loads it anew: one more would be a second panel.
    loading.catch(() => this.#loading === loading && (this.#loading = null));
    return loading;
  }

  /** @param {AbortSignal} _signal it has left @returns {Promise<Later>} */
  loadLater(_signal) {
    throw new Error("Nothing to load.");
  }

  /** A framework may have taken it away while something was loaded, and put it back. @param {AbortSignal} signal */
  mustBeHere(signal) {
    if (signal.aborted) throw new Error("It has left its page.");
  }

  /** @typedef {string | string[]} Ids one or several */
  /** @param {Ids[]} ids */
  markSeen(...ids) {
    return this.act("seen", ids.flat());
  }

  /** @param {Ids[]} ids */
  markRead(...ids) {
    return this.act("read", ids.flat());
  }

  /** @param {Ids[]} ids */
  markUnread(...ids) {
    return this.act("unread", ids.flat());
  }

  /** @param {Ids[]} ids */
  archive(...ids) {
    return this.act("archive", ids.flat());
  }

  /** @param {Ids[]} ids */
  restore(...ids) {
    return this.act("restore", ids.flat());
  }

  /** @param {Ids} ids @param {Date | string} until */
  snooze(ids, until) {
    return this.act("snooze", [ids].flat(), until);
  }

  markAllRead() {
    return this.act("read", null);
  }

  /** Takes back what was done last; false: there is nothing. @returns {Promise<boolean>} */
  async undo() {
    return (await this.#acts()).undo();
  }

  /** Asks the server anew; true once all that is shown is level with it. @returns {Promise<boolean>} */
  async refresh() {
    return (await this.#acts()).refresh();
  }

  reconnect() {
    this.client?.reconnect();
  }

  /** Null: all. Resolves to whether it is done. @param {Inbox.Op} op @param {string[] | null} ids @param {Date | string} [until] */
  async act(op, ids, until) {
    const acts = await this.#acts().catch((error) => this.#cannot(error, op, ids));
    return acts ? acts.act(op, ids, until) : false;
  }

  /** Without a network nothing more can be loaded. @param {Error} error @param {Inbox.Op} op @param {string[] | null} ids */
  #cannot(error, op, ids) {
    if (!this.client) throw error;
    this.emit("error", { code: 0, message: error.message, op, ids });
  }

  async #acts() {
    if (!this.client) throw new Error(`A <${this.localName}> can act once it is in a page.`);
    return (await this.load()).acts;
  }

  /** @template {keyof Inbox.ElementEvents} Name @param {Name} name @param {Inbox.ElementEvents[Name]} detail */
  emit(name, detail, cancelable = false) {
    return this.dispatchEvent(new CustomEvent(`nb:${name}`, { detail, cancelable, bubbles: true, composed: true }));
  }
}
