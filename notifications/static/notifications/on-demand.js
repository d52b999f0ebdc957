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
  #page;
  #client;
  /** @type {Inbox.Reader | undefined} */
  reader;
  /** @type {Inbox.Search | undefined} */
  search;

  /** @param {HTMLElement} root of the list @param {Inbox.ReadPage & Inbox.SearchedPage} page @param {Inbox.Client} client */
  constructor(root, page, client) {
    this.#root = root;
    this.#page = page;
    this.#client = client;
    const form = part(document, "[data-filters]", HTMLFormElement);
    // It needs no button from here on.
    form.classList.add("live");
    form.addEventListener("focusin", () => this.loadSearch(), { once: true });
    if (Object.keys(narrowedBy(place.query)).length) this.loadSearch();
    root.addEventListener("click", (event) => this.#clicked(event));
    addEventListener("popstate", () => this.#followHistory());
  }

  loadSearch = once(async () => {
    const { InboxSearch } = await import("./inbox-search.js");
    return (this.search = new InboxSearch(this.#root, this.#page));
  });

  #loadReader = once(async () => {
    const { InboxReader } = await import("./inbox-reader.js");
    return (this.reader = new InboxReader(this.#root, this.#page, this.#client));
  });

  /** @param {MouseEvent} event */
  #clicked(event) {
    const { target, button, ctrlKey, metaKey, shiftKey, altKey, defaultPrevented } = event;
    if (button || ctrlKey || metaKey || shiftKey || altKey || defaultPrevented || !(target instanceof Element)) return;
    const title = target.closest("[data-part=title]");
    const id = title?.closest("article")?.dataset.id;
    if (!id) return;
    // For the way back from its page.
    history.replaceState({ ...history.state, row: id }, "");
    if (this.#client.reason !== null || !this.#hasRoom()) return;
    event.preventDefault();
    const address = place.addressOf(id);
    this.#loadReader().then((reader) => reader.open(id)).catch(() => location.assign(address));
  }

  #hasRoom() {
    if (!WIDE.matches) return false;
    const layout = /** @type {HTMLElement} */ (this.#root.closest(".nb-inbox"));
    const isSplit = layout.classList.contains("split");
    layout.classList.add("split");
    const hasRoom = layout.clientWidth >= LEAST_PX;
    layout.classList.toggle("split", isSplit);
    return hasRoom;
  }

  #followHistory() {
    if (this.reader) this.reader.followHistory();
    else if (place.opened) this.#loadReader().then((reader) => reader.followHistory());
    if (location.search !== place.query) this.loadSearch().then((search) => search.followHistory());
  }
}

/** To the row of the page that was left for the list. @param {Inbox.ReadPage} page */
export function comeBack(page) {
  const [navigation] = performance.getEntriesByType("navigation");
  const isBack = navigation instanceof PerformanceNavigationTiming && navigation.type === "back_forward";
  const id = location.hash.startsWith("#n-") ? location.hash.slice(3) : isBack ? history.state?.row : "";
  if (!id || (document.activeElement && document.activeElement !== document.body)) return;
  page.rowOf(id)?.node.focus();
}
