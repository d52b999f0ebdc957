import { AliveRows } from "./alive-rows.js";
import { DayList } from "./day-list.js";
import { hide, part, say } from "./dom.js";
import { addComforts } from "./inbox-comforts.js";
import { place } from "./list-place.js";
import { around, heldStill, topRow } from "./list-window.js";
import { Listing } from "./listing.js";
import { narrowedBy } from "./narrowing.js";
import { NewRows } from "./new-rows.js";
import { OnDemand } from "./on-demand.js";
import { OnceAFrame } from "./once-a-frame.js";
import { Paging } from "./paging.js";
import { RowActs } from "./row-acts.js";
import { Threads, rowsOf } from "./threads.js";

const TICK_MS = 60_000;
// New rows in a frame.
const AT_ONCE = 30;

/**
 * Keeps the inbox page up to date, whose forms act without a reload then.
 * @param {HTMLElement} root
 * @param {Inbox.Client} client
 * @param {Pick<Inbox.Api, "page">} api
 */
export function enhance(root, client, api) {
  new InboxPage(root, client, api).start();
}

class InboxPage {
  #root;
  #client;
  #listing;
  #threads = new Threads();
  #days;
  #rows;
  #paging;
  #newRows = new NewRows();
  /** @type {Record<string, string>} */
  #query;
  #redraw = new OnceAFrame(() => this.#show());
  #empty;
  #markAll = part(document, "[data-mark-all]", HTMLFormElement);
  #acts;
  /** @type {OnDemand | undefined} */
  #onDemand;

  /** @param {HTMLElement} root @param {Inbox.Client} client @param {Pick<Inbox.Api, "page">} api */
  constructor(root, client, api) {
    const { nextBefore = null, epoch } = root.dataset;
    const filter = /** @type {Inbox.ListingName} */ (root.dataset.filter);
    const asked = new URLSearchParams(location.search);
    this.#root = root;
    this.#client = client;
    this.#rows = new AliveRows(root, client);
    this.#query = { filter, ...narrowedBy(place.query) };
    this.#days = new DayList(part(root, "[data-days]", HTMLElement), part(document, "h1", HTMLElement));
    this.#empty = part(root, "[data-empty]", HTMLElement);
    const drawn = [...root.querySelectorAll("article")].map((node) => this.#rows.adopt(node));
    this.#newRows.accept(drawn);
    this.#listing = new Listing({ filter, isFirst: !asked.has("before") && !asked.has("after"), hasOlder: nextBefore !== null, isNarrowed: this.#isNarrowed, notifications: drawn });
    this.#acts = new RowActs(client, this.#listing);
    this.#paging = new Paging(root, {
      api,
      listing: this.#listing,
      query: () => this.#query,
      // Before it is live, it goes by what the server drew.
      epoch: () => this.#client.inbox.epoch || epoch,
      answered: (answer) => this.#answered(answer),
    });
  }

  start() {
    const { inbox, isReady } = this.#client;
    this.#root.prepend(this.#newRows.pill);
    this.#root.addEventListener("submit", (event) => this.#submitted(event));
    // The middle button does not click.
    for (const type of /** @type {const} */ (["click", "auxclick"])) this.#root.addEventListener(type, (event) => this.#clicked(event));
    this.#markAll.addEventListener("submit", (event) => this.#acts.submitAll(event));
    this.#newRows.pill.addEventListener("click", () => this.#showNew());
    this.#client.addEventListener("change", ({ detail }) => this.#changed(detail));
    this.#client.addEventListener("notification", () => this.#listing.hasNewer && this.#newRows.missed++);
    this.#client.addEventListener("signedout", () => this.#show());
    setInterval(() => this.#show(), TICK_MS);
    if (isReady) this.#changed({ notifications: [...inbox.notifications.values()], removed: [], isSnapshot: true });
    this.#show();
    this.#paging.start();
    this.#acts.bar = addComforts(this.#root, this, this.#client);
    this.#onDemand = new OnDemand(this.#root, this, this.#client);
    // It would lead to where another list was that long.
    history.scrollRestoration = "manual";
    if (location.hash || history.state) import("./coming-back.js").then(({ comeBack }) => comeBack(this), () => {});
  }

  get #isNarrowed() {
    return Object.keys(this.#query).length > 1;
  }

  /** Shows a page of what the server finds, in place of what is shown. @param {Record<string, string>} narrowed @param {string} before */
  narrow(narrowed, before) {
    this.#query = { filter: this.#query.filter, ...narrowed };
    this.#root.ariaBusy = "true";
    this.#listing.begin(this.#isNarrowed, !before);
    this.#paging.ask((pages) => pages.anew(before));
  }

  /** @param {Inbox.Row} row */
  select(row) {
    this.#onDemand?.loadSelection().then((selection) => selection.toggle(row));
  }

  /** @param {Inbox.Row} row @param {Inbox.Row} from */
  extend(row, from) {
    this.#onDemand?.loadSelection().then((selection) => selection.extend(row, from));
  }

  get bar() {
    return this.#acts.bar;
  }

  search() {
    this.#onDemand?.loadSearch().then((search) => search.focus());
  }

  /** @param {Inbox.ClientEvents["change"]} change */
  #changed({ notifications, removed, isSnapshot }) {
    const isUnsure = this.#listing.isUnsure(notifications);
    this.#listing.merge(notifications, removed);
    const { epoch, revision } = this.#client.inbox;
    const isAsDrawn = epoch === this.#root.dataset.epoch && revision === Number(this.#root.dataset.revision);
    // A snapshot says nothing of older rows, unless nothing happened since they were drawn.
    if (isSnapshot && !isAsDrawn) this.#paging.ask((pages) => pages.refresh());
    else if (isUnsure && !isSnapshot) this.#paging.ask((pages) => pages.topSoon());
    // What its reader did themselves is not to wait for its turn; that they see what comes ends no burst.
    if (notifications.length + removed.length) this.#redraw.ask();
    else this.#redraw.goOn();
  }

  /** @type {Inbox.PagesOptions["answered"]} */
  #answered({ isThere, accepted, isAbove, isTop }) {
    const isNarrowing = this.#root.ariaBusy === "true";
    this.#root.ariaBusy = null;
    if (!isThere) return isNarrowing ? this.#onDemand?.search?.failed() : undefined;
    this.#newRows.accept(accepted);
    if (isTop) this.#onDemand?.search?.found(this.#listing.size, !this.#listing.hasOlder);
    if (!this.#listing.hasNewer) this.#newRows.missed = 0;
    this.#show({ isStill: isAbove });
  }

  /** @param {{isStill?: boolean, most?: number}} [options] isStill: what is looked at stays where it is; most: so many new rows, now */
  #show({ isStill = false, most = AT_ONCE } = {}) {
    const isStopped = this.#client.reason !== null;
    const mayInsert = this.isAtTop;
    const all = isStopped ? [] : this.#shown(mayInsert ? most : Infinity);
    if (mayInsert) this.#newRows.accept(all);
    const waiting = all.filter(this.#newRows.isNew);
    // Each by itself, where words found it, or it is of one thread anyway.
    const isFlat = Boolean(this.#query.q || this.#query.thread);
    const folds = this.#threads.folds(all.filter((one) => !this.#newRows.isNew(one)), isFlat);
    const visible = rowsOf(folds);
    /** Which fold each stands in. @type {Map<string | undefined, number>} */
    const places = new Map();
    folds.forEach((fold, at) => rowsOf([fold]).forEach(({ one }) => places.set(one.id, at)));
    // What a page from above brings may be the head of its thread: it stands under that then, or is folded into it.
    const top = isStill || !mayInsert ? topRow(this.#days.rows.filter(({ id }) => places.has(id))) : undefined;
    const kept = around(folds, places.get(top?.id) ?? 0, (fold) => rowsOf([fold]).length);
    if (kept.length < folds.length) {
      this.#trim(kept, folds, all);
      // Of a thread whose row has gone others are left, which were folded into that.
      this.#show({ isStill, most: 0 });
      return;
    }
    const { hasOlder, hasNewer } = this.#listing;
    heldStill(top, () => {
      this.#paging.show(isStopped);
      this.#days.show(visible.map((one) => this.#rows.show(one, this.#onDemand?.selection)), this.#client.now(), !hasOlder && !hasNewer);
    });
    this.#onDemand?.selection?.redrawn();
    hide(this.#empty, isStopped || visible.length > 0);
    this.#newRows.show(waiting.length);
    const { unread } = this.#client.counts;
    // It is for all that there are, not for what was found.
    hide(this.#markAll, !unread || this.#isNarrowed);
    for (const node of document.querySelectorAll("[data-count=unread]")) say(node, unread ? String(unread) : "");
  }

  /**
   * What is far from where its reader is can be had again.
   * @param {Inbox.Folded<Inbox.Drawn>[]} kept
   * @param {Inbox.Folded<Inbox.Drawn>[]} folds of which they are
   * @param {Inbox.Drawn[]} all that is in those
   */
  #trim(kept, folds, all) {
    this.#listing.trim(kept, folds);
    for (const { id } of all.filter((one) => !this.#listing.get(one.id))) {
      this.#rows.forget(id);
      this.#newRows.forget(id);
    }
  }

  /** @param {number} [most] of the new ones; what comes all at once is put there in several frames, the newest first: the page answers meanwhile */
  #shown(most = Infinity) {
    const all = this.#listing.shown((one) => this.#client.inbox.view(one));
    const later = new Set(all.filter(this.#newRows.isNew).slice(most));
    if (later.size) this.#redraw.goOn();
    return all.filter((one) => !later.has(one));
  }

  /** Nothing is put above what somebody reads. */
  get isAtTop() {
    const [first] = this.#days.rows;
    return !this.#listing.hasNewer && (first?.node.getBoundingClientRect().top ?? 0) >= 0;
  }

  async #showNew() {
    const first = this.#shown().find(this.#newRows.isNew);
    // Those that came are above what is held.
    if (this.#listing.hasNewer) await this.#paging.ask((pages) => pages.anew());
    scrollTo({ top: 0 });
    this.#show({ most: Infinity });
    const row = this.#rows.get(first?.id ?? "");
    (row?.node.isConnected ? row : this.#days.rows[0])?.node.focus();
  }

  get rows() {
    this.#redraw.now();
    return this.#days.rows;
  }

  get current() {
    this.#redraw.now();
    return this.#days.current ?? this.#onDemand?.reader?.current;
  }

  get place() {
    return place;
  }

  /** All of one, beside the list. @param {HTMLElement} node */
  wholeRow(node) {
    return this.#rows.whole(node);
  }

  /** What is listed under this id. @param {string} id */
  rowOf(id) {
    return this.rows.find((row) => row.id === id);
  }

  /** As much as is known of it here. @param {string} id */
  known(id) {
    return this.#listing.get(id);
  }

  /** @param {Inbox.Row} row */
  unfold(row) {
    const head = this.#rows.get(row.under) ?? row;
    head.node.focus();
    this.#flip(head);
  }

  /** Shows the rest of a thread, or folds it again. @param {Inbox.Row} row */
  #flip({ id, isUnfolded }) {
    if (isUnfolded === null) return;
    this.#threads.set(this.#listing.get(id)?.thread, !isUnfolded);
    this.#show({ isStill: true });
  }

  /** @param {Inbox.WholeRow} row @param {Inbox.RowOp} op */
  act(row, op) {
    this.#acts.act(row, op);
  }

  /** @param {SubmitEvent} event */
  #submitted(event) {
    const row = this.#rows.at(event.target);
    if (row) this.submit(row, event);
  }

  /** A button of a row was pressed, or of what is open beside the list. @param {Inbox.WholeRow} row @param {SubmitEvent} event */
  submit(row, event) {
    this.#acts.submit(row, event);
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const { target, button } = event;
    if (button > 1 || !(target instanceof Element)) return;
    const head = !button && target.closest("[data-part=fold] summary") && this.#rows.at(target);
    if (head) {
      // Not by "toggle", which comes later: what is drawn in between would take it back.
      event.preventDefault();
      this.#flip(head);
      return;
    }
    const row = target.closest("[data-part=links] a, [data-part=open], .nb-body a") && this.#rows.at(target);
    // Who follows a notification's own link has read it.
    if (row?.isUnread) this.#client.markRead([row.id]);
    if (!button && !this.#acts.isSignedOut && this.#paging.follow(target)) event.preventDefault();
  }
}
