/** The rows of the inbox page that are alive, by the ids of what they show. */
import { chosenOf } from "./chosen.js";
import { part } from "./dom.js";
import { InboxRow } from "./inbox-row.js";
import { SeenObserver } from "./seen-observer.js";

export class AliveRows {
  #client;
  #chosen;
  #seen;
  #template;
  /** @type {Map<string, InboxRow>} */
  #rows = new Map();

  /** @param {HTMLElement} root @param {Inbox.Client} client */
  constructor(root, client) {
    this.#client = client;
    this.#chosen = chosenOf(client);
    this.#seen = new SeenObserver(client);
    this.#template = part(part(root, "[data-row]", HTMLTemplateElement).content, "article", HTMLElement);
    this.#make(this.#template).isStop = false;
  }

  /** @param {string} id */
  get(id) {
    return this.#rows.get(id);
  }

  /** One that the server drew; what it says. @param {HTMLElement} node */
  adopt(node) {
    const row = this.#make(node);
    row.isStop = false;
    this.#rows.set(row.id, row);
    return row.read();
  }

  /** All of one, which is in no list. @param {HTMLElement} node */
  whole(node) {
    return this.#make(node, true);
  }

  /** @param {Inbox.Drawn | Inbox.Notification} notification @param {boolean} isPicked where it is made anew */
  show(notification, isPicked) {
    const row = this.#rows.get(notification.id) ?? this.#add(notification.id, isPicked);
    row.show(notification, this.#client.now());
    this.#seen.watch(row.node, notification);
    return row;
  }

  /** @param {string} id */
  forget(id) {
    const row = this.#rows.get(id);
    if (row) this.#seen.forget(row.node);
    this.#rows.delete(id);
  }

  /** @param {string} id @param {boolean} isPicked */
  #add(id, isPicked) {
    const row = this.#make(/** @type {HTMLElement} */ (this.#template.cloneNode(true)));
    row.isPicked = isPicked;
    this.#rows.set(id, row);
    return row;
  }

  #make(/** @type {HTMLElement} */ node, isWhole = false) {
    return new InboxRow(node, { isWhole, mayMute: (one) => this.#chosen.mayMute(one) });
  }
}
