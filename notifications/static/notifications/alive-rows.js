/** The rows of the inbox page that are alive, by the ids of what they show. */
import { chosenOf } from "./chosen.js";
import { part } from "./dom.js";
import { InboxRow } from "./inbox-row.js";
import { partsOf } from "./inbox-row-parts.js";
import { SeenObserver } from "./seen-observer.js";
import { heldBy } from "./threads.js";

export class AliveRows {
  #client;
  #chosen;
  #seen;
  #template;
  /** What most rows need none of while they are there. */
  #later;
  /** @type {Map<string, InboxRow>} */
  #rows = new Map();

  /** @param {HTMLElement} root @param {Inbox.Client} client */
  constructor(root, client) {
    this.#client = client;
    this.#chosen = chosenOf(client);
    this.#seen = new SeenObserver(client, (node) => this.at(node)?.equip());
    this.#template = part(part(root, "[data-row]", HTMLTemplateElement).content, "article", HTMLElement);
    this.#make(this.#template).isStop = false;
    const { acts, fold } = partsOf(this.#template);
    acts.replaceWith(acts.cloneNode());
    fold?.remove();
    this.#later = { acts, fold };
    // Before whoever is pointed at, has the focus or opens is seen; the last of them does not bubble.
    for (const type of ["pointerover", "focusin", "beforetoggle"]) root.addEventListener(type, ({ target }) => this.at(target)?.equip(), { capture: true });
  }

  /** @param {string} id */
  get(id) {
    return this.#rows.get(id);
  }

  /** The row in which something happened. @param {EventTarget | null} target */
  at(target) {
    const article = target instanceof Element ? target.closest("article") : null;
    return this.#rows.get(article?.dataset.id ?? "");
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
    return this.#make(node, { isWhole: true });
  }

  /** @param {Inbox.Folded<Inbox.Drawn | Inbox.Notification>} shown @param {Inbox.Selection | undefined} selection */
  show(shown, selection) {
    const { one } = shown;
    const row = this.#rows.get(one.id) ?? this.#add(one.id);
    row.show(one, this.#client.now(), shown);
    if (selection) row.isPicked = row.ids.every((id) => selection.has(id));
    // Who has seen how many there are has seen them.
    this.#seen.watch(row.node, heldBy(one, shown), !row.isEquipped);
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
    const row = this.#make(/** @type {HTMLElement} */ (this.#template.cloneNode(true)), { later: this.#later });
    this.#rows.set(id, row);
    return row;
  }

  #make(/** @type {HTMLElement} */ node, options = {}) {
    return new InboxRow(node, { ...options, mayMute: (one) => this.#chosen.mayMute(one) });
  }
}
