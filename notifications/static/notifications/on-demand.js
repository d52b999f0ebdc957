/** What the inbox page needs only once its reader asks for it: loaded then. */
import { part } from "./dom.js";
import { place } from "./list-place.js";
import { narrowedBy } from "./narrowing.js";
import { once } from "./once.js";

const WIDE = matchMedia("(width >= 1100px)");
// Less for both would be too little for each.
const LEAST_PX = 800;

export class OnDemand {
  #root;
  #layout;
  #page;
  #client;
  /** @type {Inbox.Reader | undefined} */
  reader;
  /** @type {Inbox.Search | undefined} */
  search;
  /** @type {Inbox.Selection | undefined} */
  selection;

  /** @param {HTMLElement} root of the list @param {Inbox.ReadPage & Inbox.SearchedPage & Inbox.SelectedPage & Inbox.KeptPage} page @param {Inbox.Client} client */
  constructor(root, page, client) {
    this.#root = root;
    this.#layout = /** @type {HTMLElement} */ (root.closest(".nb-inbox"));
    this.#page = page;
    this.#client = client;
    const form = part(document, "[data-filters]", HTMLFormElement);
    // It needs no button from here on.
    form.classList.add("live");
    form.addEventListener("focusin", () => this.loadSearch(), { once: true });
    if (Object.keys(narrowedBy(place.query)).length) this.loadSearch();
    // What was selected while nothing heard of it.
    if (page.rows.some((row) => row.isPicked)) this.loadSelection();
    root.addEventListener("click", (event) => {
      this.#picked(event);
      this.#clicked(event);
    });
    const keepPlace = once(async () => new (await import("./kept-place.js")).KeptPlace(page));
    addEventListener("scroll", () => keepPlace().catch(() => {}), { passive: true });
    addEventListener("popstate", () => this.#followHistory());
  }

  loadSearch = once(async () => {
    const { InboxSearch } = await import("./inbox-search.js");
    return (this.search = new InboxSearch(this.#root, this.#page));
  });

  loadSelection = once(async () => {
    const { InboxSelection } = await import("./inbox-selection.js");
    return (this.selection = new InboxSelection(this.#root, this.#page, this.#client));
  });

  #loadReader = once(async () => {
    const { InboxReader } = await import("./inbox-reader.js");
    return (this.reader = new InboxReader(this.#root, this.#page, this.#client));
  });

  /** A row's box, or any place in it that does nothing else, with Shift. @param {MouseEvent} event */
  #picked({ target, shiftKey, button }) {
    if (button || !(target instanceof Element)) return;
    const id = target.closest("article")?.dataset.id;
    const isBox = target.matches("[data-part=pick]");
    if (!id || (!isBox && (!shiftKey || target.closest("a, button, summary, input, label, .nb-choices")))) return;
    if (shiftKey) getSelection()?.removeAllRanges();
    this.#layout.classList.toggle("picking", Boolean(this.#root.querySelector("[data-part=pick]:checked")));
    this.loadSelection().then((selection) => selection.clicked(id, shiftKey));
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const { target, button, ctrlKey, metaKey, shiftKey, altKey, defaultPrevented } = event;
    if (button || ctrlKey || metaKey || shiftKey || altKey || defaultPrevented || !(target instanceof Element)) return;
    const title = target.closest("[data-part=title]");
    const id = title?.closest("article")?.dataset.id;
    if (!id) return;
    // For the way back from its page.
    history.replaceState({ ...history.state, row: id }, "");
    const address = place.addressOf(id);
    // Since it was drawn the list may have been scrolled.
    title?.setAttribute("href", address);
    if (this.#client.reason !== null || !this.#hasRoom()) return;
    event.preventDefault();
    this.#loadReader().then((reader) => reader.open(id)).catch(() => location.assign(address));
  }

  #hasRoom() {
    if (!WIDE.matches) return false;
    const { classList } = this.#layout;
    const isSplit = classList.contains("split");
    classList.add("split");
    const hasRoom = this.#layout.clientWidth >= LEAST_PX;
    classList.toggle("split", isSplit);
    return hasRoom;
  }

  #followHistory() {
    if (this.reader) this.reader.followHistory();
    else if (place.opened) this.#loadReader().then((reader) => reader.followHistory());
    if (location.search !== place.query) this.loadSearch().then((search) => search.followHistory());
  }
}
