/** What can be done to an inbox, whoever keeps it up to date. */

const ClientEventTarget = /** @type {new () => Inbox.EventTargetOf<Inbox.ClientEvents>} */ (EventTarget);

/** Acts, by what is loaded for that when it is needed first, and tells of all that happens. */
export class ActingClient extends ClientEventTarget {
  #services;

  /** @param {Inbox.ClientOptions["services"]} services */
  constructor(services) {
    super();
    this.#services = services;
  }

  /** @typedef {(ids: string[]) => Promise<boolean>} ActOnIds */
  markSeen = /** @type {ActOnIds} */ (ids) => this.act("seen", ids);
  markRead = /** @type {ActOnIds} */ (ids) => this.act("read", ids);
  markUnread = /** @type {ActOnIds} */ (ids) => this.act("unread", ids);
  archive = /** @type {ActOnIds} */ (ids) => this.act("archive", ids);
  restore = /** @type {ActOnIds} */ (ids) => this.act("restore", ids);
  markAllRead = () => this.act("read", null);

  /** Null: all. Resolves to whether it is done. @param {Inbox.Op} op @param {string[] | null} ids @param {Inbox.ActOptions} [options] */
  async act(op, ids, options) {
    const acts = await this.acts().catch(() => null);
    if (!acts) this.emit("error", { op, ids, status: 0 });
    return acts ? acts.act(op, ids, options) : false;
  }

  async acts() {
    return (await this.#services()).acts;
  }

  /** @template {keyof Inbox.ClientEvents} Name @param {Name} type @param {Inbox.ClientEvents[Name]} detail */
  emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
