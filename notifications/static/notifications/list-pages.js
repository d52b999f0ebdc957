/** Pages of the list, as they are asked for: below it, above it, or all that is shown anew. */

const PAGE_SIZE = 50;
const PAGE_MAX_SIZE = 100;
// What comes together is asked for together.
const ASK_AGAIN_MS = 300;

export class ListPages {
  #options;
  #asked = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #again;

  /** @param {Inbox.PagesOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /** Asks again soon for as much of the top as is shown, whatever happens until then. */
  topSoon() {
    clearTimeout(this.#again);
    this.#again = setTimeout(() => this.#ask(this.#from, Math.min(PAGE_MAX_SIZE, this.#size), { isTop: true }), ASK_AGAIN_MS);
  }

  /** All that is shown, from its top down. */
  refresh() {
    return this.#ask(this.#from, this.#size, { isNew: true });
  }

  /** In place of what is shown: the first page, or the one below that arrival. @param {string} [before] */
  anew(before = "") {
    return this.#ask(before ? { before } : {}, PAGE_SIZE, { isNew: true, isAccepted: true });
  }

  older() {
    const { listing } = this.#options;
    return listing.hasOlder && listing.size ? this.#ask({ before: String(listing.ends.oldest) }, PAGE_SIZE, { isAccepted: true }) : this.anew();
  }

  newer() {
    const { listing } = this.#options;
    return listing.size ? this.#ask({ after: String(listing.ends.newest) }, PAGE_SIZE, { isAccepted: true }) : this.anew();
  }

  /** Where what is shown begins. @returns {Record<string, string>} */
  get #from() {
    const { listing } = this.#options;
    return listing.hasNewer && listing.size ? { before: String(listing.ends.newest + 1) } : {};
  }

  get #size() {
    return Math.max(PAGE_SIZE, this.#options.listing.size);
  }

  /**
   * The last page to be asked for counts: another one's answer may be older.
   * @param {Record<string, string>} from
   * @param {number} size
   * @param {{isNew?: boolean, isTop?: boolean, isAccepted?: boolean}} how
   */
  async #ask(from, size, { isNew = false, isTop = false, isAccepted = false }) {
    const { listing, epoch, answered } = this.#options;
    const asked = ++this.#asked;
    listing.beginPage();
    const page = await this.#fetch(from, size).catch(() => null);
    if (asked !== this.#asked) return false;
    const isThere = page !== null && page.epoch === epoch();
    if (!isThere) listing.failPage();
    else {
      const { notifications, next_before, next_after } = page;
      const isAbove = "after" in from;
      const hasNewer = isAbove ? next_after !== null : isNew ? "before" in from : undefined;
      listing.endPage({ notifications, hasOlder: isAbove ? undefined : next_before !== null, hasNewer, isNew, isTop });
    }
    answered({ isThere, accepted: isThere && isAccepted ? page.notifications : [], isAbove: "after" in from, isTop: isNew || isTop });
    return isThere;
  }

  /** @param {Record<string, string>} from @param {number} size @returns {Promise<Inbox.PageAnswer>} */
  async #fetch(from, size) {
    const { api, query } = this.#options;
    const page = await api.page({ ...query(), ...from, limit: String(Math.min(PAGE_MAX_SIZE, size)) });
    const left = size - page.notifications.length;
    if (left <= 0 || page.next_before === null || "after" in from) return page;
    const rest = await this.#fetch({ before: page.next_before }, left);
    // What has gone on in between the client knows.
    return { ...rest, notifications: [...page.notifications, ...rest.notifications] };
  }
}
