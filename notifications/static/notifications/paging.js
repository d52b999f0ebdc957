/** A list that goes on at its two ends: once its reader comes near one of them, or asks for more. */
import { hide, part } from "./dom.js";
import { once } from "./once.js";

// Then the reader asks for more, or the page would have no end.
const AUTOMATIC_PAGES = 3;

export class Paging {
  #options;
  #pages;
  #older;
  #newer;
  #isLoading = false;
  #automaticPages = AUTOMATIC_PAGES;
  #near = new IntersectionObserver((entries) => this.#cameNear(entries), { rootMargin: "400px" });

  /** @param {HTMLElement} root @param {Inbox.PagesOptions} options */
  constructor(root, options) {
    this.#options = options;
    this.#older = part(root, "[data-older]", HTMLElement);
    this.#newer = part(root, "[data-newer]", HTMLElement);
    this.#pages = once(async () => {
      const { ListPages } = await import("./list-pages.js");
      return new ListPages(options);
    });
  }

  start() {
    for (const node of [this.#older, this.#newer]) this.#near.observe(node);
  }

  /** Loaded once more is asked for than the server drew. @param {(pages: Inbox.ListPages) => Promise<boolean> | void} how */
  async ask(how) {
    const pages = await this.#pages().catch(() => null);
    if (pages) return how(pages);
    this.#options.answered({ isThere: false, accepted: [], isAbove: false, isTop: false });
    return false;
  }

  /** @param {boolean} isStopped */
  show(isStopped) {
    const { hasOlder, hasNewer } = this.#options.listing;
    hide(this.#older, isStopped || !hasOlder);
    hide(this.#newer, isStopped || !hasNewer);
  }

  /** Whether it is a link to more, which is loaded in place then. @param {Element} target */
  follow(target) {
    const link = target.closest("[data-older] a, [data-newer] a");
    if (link) this.#load(this.#newer.contains(link) ? "newer" : "older");
    return link;
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #cameNear(entries) {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting || this.#isLoading) continue;
      if (target === this.#newer) this.#load("newer");
      else if (this.#automaticPages-- > 0) this.#load("older");
    }
  }

  /** @param {"older" | "newer"} where */
  async #load(where) {
    if (this.#isLoading) return;
    this.#isLoading = true;
    const isThere = await this.ask((pages) => pages[where]());
    this.#isLoading = false;
    // It tells of a change only, and the end of the list may still be in sight.
    for (const node of [this.#older, this.#newer]) {
      this.#near.unobserve(node);
      if (isThere) this.#near.observe(node);
    }
  }
}
