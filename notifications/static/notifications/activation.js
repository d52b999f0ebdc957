/** What it is to open a notification: its page may do it in its own way, and it is read then. */
import { labelsOf } from "./appearance.js";

/** Tells the page first; it goes on with `preventDefault` in its hands. */
export class Activation {
  #bell;
  #client;

  /** @param {Inbox.Element} bell */
  constructor(bell) {
    this.#bell = bell;
    this.#client = bell.client;
    /** Of categories, as the bell's tag has them. */
    this.labels = labelsOf(bell);
  }

  /** Of the inbox; null: its users have no page of ours. */
  get inboxUrl() {
    return this.#bell.inboxUrl;
  }

  /**
   * Where a notification leads; null: it is unfolded where it is. Who comes with a token has no
   * session at our site, and would land at its sign-in page.
   * @param {Inbox.Notification} notification
   * @returns {string | null}
   */
  addressOf({ id, url }) {
    return this.#bell.hasAttribute("token-url") ? url : `${this.inboxUrl}${encodeURIComponent(id)}/`;
  }

  /**
   * Whoever follows `node` opens what `current` gives then; null: something else.
   * @param {HTMLElement} node
   * @param {() => Inbox.Notification | null} current
   * @param {(event: MouseEvent) => void} [go]
   */
  watch(node, current, go = () => {}) {
    // The middle button, and others that open a tab, do not click.
    for (const type of /** @type {const} */ (["click", "auxclick"])) {
      node.addEventListener(type, (event) => {
        const notification = current();
        if (notification) this.follow(event, notification, go);
      });
    }
  }

  /** @param {MouseEvent} event @param {Inbox.Notification} notification @param {(event: MouseEvent) => void} [go] */
  follow(event, notification, go = () => {}) {
    // Not the button that opens a menu.
    if (event.button > 1) return;
    if (this.#tell(notification)) go(event);
    else event.preventDefault();
  }

  /** Without a link, as from the desktop. @param {Inbox.Notification} notification @param {() => void} unfold where it leads nowhere */
  open(notification, unfold) {
    if (!this.#tell(notification)) return;
    const address = this.addressOf(notification);
    if (address === null) unfold();
    else location.assign(address);
  }

  /** It is read; whether its page leaves it to us to go there. @param {Inbox.Notification} notification */
  #tell(notification) {
    const mayGo = this.#bell.emit("activate", { notification }, true);
    if (!notification.read_at) this.#client.markRead([notification.id]);
    return mayGo;
  }

  /** All of a body of which a list shows the beginning. @param {string} id */
  async whole(id) {
    return (await this.#client.acts()).whole(id);
  }
}
