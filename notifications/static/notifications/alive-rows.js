/** The rows of the inbox page that are alive, by the ids of what they show. */
import { chosenOf } from "./chosen.js";
import { part } from "./dom.js";
import { InboxRow } from "./inbox-row.js";
import { SeenObserver } from "./seen-observer.js";
import { heldBy } from "./threads.js";

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

  /** @param {Inbox.Folded<Inbox.Drawn | Inbox.Notification>} shown @param {Inbox.Selection | undefined} selection */
  show(shown, selection) {
    const { one } = shown;
    const row = this.#rows.get(one.id) ?? this.#add(one.id);
    row.show(one, this.#client.now(), shown);
    if (selection) row.isPicked = row.ids.every((id) => selection.has(id));
    // Who has seen how many there are has seen them.
    this.#seen.watch(row.node, heldBy(one, shown));
    return row;
  }

  /** @param {string} id */
  forget(id) {
    const row = this.#rows.get(id);
    if (row) this.#seen.forget(row.node);
    this.#rows.delete(id);
  }

  /** @param {string} id */
  #add(id) {
    const row = this.#make(/** @type {HTMLElement} */ (this.#template.cloneNode(true)));
    this.#rows.set(id, row);
    return row;
  }

  #make(/** @type {HTMLElement} */ node, isWhole = false) {
    return new InboxRow(node, { isWhole, mayMute: (one) => this.#chosen.mayMute(one) });
  }
}
