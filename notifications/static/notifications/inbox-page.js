import { chosenOf } from "./chosen.js";
import { DayList } from "./day-list.js";
import { element, part } from "./dom.js";
import { InboxRow } from "./inbox-row.js";
import { place } from "./list-place.js";
import { Listing } from "./listing.js";
import { narrowedBy } from "./narrowing.js";
import { OnDemand, comeBack } from "./on-demand.js";
import { OnceAFrame } from "./once-a-frame.js";
import { RowActs } from "./row-acts.js";
import { SeenObserver } from "./seen-observer.js";
import { newText } from "./words.js";

const TICK_MS = 60_000;
const PAGE_SIZE = 50;
const PAGE_MAX_SIZE = 100;
// What comes together is asked for together.
const ASK_AGAIN_MS = 300;
// Then the reader asks for more, or the page would have no end.
const AUTOMATIC_PAGES = 3;

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
  #api;
  #listing;
  #chosen;
  #seen;
  #template;
  #days;
  /** @type {Map<string, InboxRow>} by the ids of what they show */
  #rows = new Map();
  /** What the reader has seen in its place: it may come back there at any time. @type {Set<string>} */
  #accepted = new Set();
  /** @type {Record<string, string>} */
  #query;
  /** @type {string | null} */
  #nextBefore;
  #asked = 0;
  #redraw = new OnceAFrame(() => this.#show());
  #automaticPages = AUTOMATIC_PAGES;
  #nearOlder = new IntersectionObserver((entries) => this.#cameNear(entries), { rootMargin: "200px" });
  #older;
  #empty;
  #markAll = part(document, "[data-mark-all]", HTMLFormElement);
  #pill = element("button", { type: "button", className: "new", hidden: true });
  #acts;
  /** @type {OnDemand | undefined} */
  #onDemand;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #again;

  /** @param {HTMLElement} root @param {Inbox.Client} client @param {Pick<Inbox.Api, "page">} api */
  constructor(root, client, api) {
    const { nextBefore = null } = root.dataset;
    const filter = /** @type {Inbox.ListingName} */ (root.dataset.filter);
    const before = new URLSearchParams(location.search).get("before");
    this.#root = root;
    this.#client = client;
    this.#api = api;
    this.#chosen = chosenOf(client);
    this.#seen = new SeenObserver(client);
    this.#query = { filter, ...narrowedBy(place.query) };
    this.#nextBefore = nextBefore;
    this.#template = part(part(root, "[data-row]", HTMLTemplateElement).content, "article", HTMLElement);
    this.#days = new DayList(part(root, "[data-days]", HTMLElement), part(document, "h1", HTMLElement));
    this.#empty = part(root, "[data-empty]", HTMLElement);
    this.#older = part(root, "[data-older]", HTMLElement);
    const drawn = [...root.querySelectorAll("article")].map((node) => this.#adopt(node));
    this.#listing = new Listing({ filter, isFirst: !before, hasOlder: nextBefore !== null, isNarrowed: this.#isNarrowed, notifications: drawn });
    this.#acts = new RowActs(client, this.#listing);
  }

  start() {
    const { inbox, isReady } = this.#client;
    this.#root.prepend(this.#pill);
    this.#root.addEventListener("submit", (event) => this.#submitted(event));
    // The middle button does not click.
    for (const type of /** @type {const} */ (["click", "auxclick"])) this.#root.addEventListener(type, (event) => this.#clicked(event));
    this.#markAll.addEventListener("submit", (event) => this.#acts.submitAll(event));
    this.#pill.addEventListener("click", () => this.#showNew());
    this.#client.addEventListener("change", ({ detail }) => this.#changed(detail));
    this.#client.addEventListener("signedout", () => this.#show());
    setInterval(() => this.#show(), TICK_MS);
    if (isReady) this.#changed({ notifications: [...inbox.notifications.values()], removed: [], isSnapshot: true });
    this.#show();
    this.#nearOlder.observe(this.#older);
    import("./inbox-comforts.js").then(({ addComforts }) => (this.#acts.bar = addComforts(this.#root, this, this.#client)));
    this.#onDemand = new OnDemand(this.#root, this, this.#client);
    comeBack(this);
  }

  get #isNarrowed() {
    return Object.keys(this.#query).length > 1;
  }

  /** Shows the first page of what the server finds, in place of what is shown. @param {Record<string, string>} narrowed */
  narrow(narrowed) {
    this.#query = { filter: this.#query.filter, ...narrowed };
    this.#root.ariaBusy = "true";
    this.#listing.begin(this.#isNarrowed);
    this.#ask(PAGE_SIZE);
  }

  search() {
    this.#onDemand?.loadSearch().then((search) => search.focus());
  }

  /** @param {HTMLElement} node */
  #adopt(node) {
    const row = this.#rowOf(node);
    row.isStop = false;
    this.#rows.set(row.id, row);
    this.#accepted.add(row.id);
    return row.read();
  }

  /** @param {Inbox.ClientEvents["change"]} change */
  #changed({ notifications, removed, isSnapshot }) {
    const isUnsure = this.#listing.isUnsure(notifications);
    this.#listing.merge(notifications, removed);
    const { epoch, revision } = this.#client.inbox;
    const isAsDrawn = epoch === this.#root.dataset.epoch && revision === Number(this.#root.dataset.revision);
    // A snapshot says nothing of older rows, unless nothing happened since they were drawn.
    if (isSnapshot && !isAsDrawn) this.#ask(this.#size);
    else if (isUnsure && !isSnapshot) this.#askAgain();
    this.#redraw.ask();
  }

  /** As much as is shown, if that can be had at once. */
  get #size() {
    return Math.min(PAGE_MAX_SIZE, Math.max(PAGE_SIZE, this.#listing.size));
  }

  /** Whether what came is to be shown, the server knows. */
  #askAgain() {
    clearTimeout(this.#again);
    this.#again = setTimeout(() => this.#ask(this.#size, undefined, { isTop: true }), ASK_AGAIN_MS);
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #cameNear([{ isIntersecting }]) {
    if (isIntersecting && this.#automaticPages-- > 0) this.#loadOlder();
  }

  async #loadOlder() {
    const before = this.#nextBefore;
    if (before === null) return;
    this.#nextBefore = null; // asked for, once
    const isThere = await this.#ask(PAGE_SIZE, before);
    if (!isThere) this.#nextBefore ??= before;
    this.#show();
    // It tells of a change only, and the end of the page may still be in sight.
    this.#nearOlder.unobserve(this.#older);
    if (isThere) this.#nearOlder.observe(this.#older);
  }

  /**
   * The last page to be asked for counts: another one's answer may be older.
   * @param {number} limit
   * @param {string} [before]
   * @param {{isTop?: boolean}} [options]
   */
  async #ask(limit, before, { isTop = false } = {}) {
    const asked = ++this.#asked;
    this.#listing.beginPage();
    const query = { ...this.#query, ...(before && { before }), limit: String(limit) };
    const page = await this.#api.page(query).catch(() => null);
    if (asked !== this.#asked) return false;
    const isNarrowing = this.#root.ariaBusy === "true";
    this.#root.ariaBusy = null;
    // Before it is live, it goes by what the server drew.
    if (!page || page.epoch !== (this.#client.inbox.epoch || this.#root.dataset.epoch)) {
      this.#listing.failPage();
      if (isNarrowing) this.#onDemand?.search?.failed();
      return false;
    }
    const { notifications, next_before: next } = page;
    const isDeeper = this.#listing.endPage({ notifications, hasOlder: next !== null, isNew: !before && !isTop, isTop });
    if (!isDeeper) this.#nextBefore = next;
    if (before || isNarrowing) for (const { id } of notifications) this.#accepted.add(id);
    if (!before) this.#onDemand?.search?.found(this.#listing.size, !this.#listing.hasOlder);
    this.#show();
    return true;
  }

  #show() {
    const isStopped = this.#client.reason !== null;
    const shown = isStopped ? [] : this.#shown();
    const fresh = shown.filter(({ id }) => !this.#accepted.has(id));
    const mayInsert = !this.#isReading();
    if (mayInsert) for (const { id } of fresh) this.#accepted.add(id);
    const visible = shown.filter(({ id }) => this.#accepted.has(id));
    this.#days.show(visible.map((one) => this.#row(one)), this.#client.now(), this.#nextBefore === null);
    this.#empty.hidden = isStopped || visible.length > 0;
    this.#older.hidden = isStopped || this.#nextBefore === null;
    this.#pill.hidden = mayInsert || !fresh.length;
    this.#pill.textContent = newText(fresh.length);
    const { unread } = this.#client.counts;
    // It is for all that there are, not for what was found.
    this.#markAll.hidden = !unread || this.#isNarrowed;
    for (const node of document.querySelectorAll("[data-count=unread]")) node.textContent = unread ? String(unread) : "";
  }

  #shown() {
    return this.#listing.shown((one) => this.#client.inbox.view(one));
  }

  /** Nothing is put above what somebody reads. */
  #isReading() {
    const [first] = this.#days.rows;
    return first !== undefined && first.node.getBoundingClientRect().top < 0;
  }

  /** @param {Inbox.Drawn | Inbox.Notification} notification */
  #row(notification) {
    const row = this.#rows.get(notification.id) ?? this.#newRow(notification.id);
    row.show(notification, this.#client.now());
    this.#seen.watch(row.node, notification);
    return row;
  }

  /** @param {string} id */
  #newRow(id) {
    const row = this.#rowOf(/** @type {HTMLElement} */ (this.#template.cloneNode(true)));
    row.isStop = false;
    this.#rows.set(id, row);
    return row;
  }

  #rowOf(/** @type {HTMLElement} */ node, isWhole = false) {
    return new InboxRow(node, { isWhole, mayMute: (one) => this.#chosen.mayMute(one) });
  }

  #showNew() {
    const first = this.#shown().find(({ id }) => !this.#accepted.has(id));
    scrollTo({ top: 0 });
    this.#show();
    this.#rows.get(first?.id ?? "")?.node.focus();
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
    return this.#rowOf(node, true);
  }

  /** What is listed under this id. @param {string} id */
  rowOf(id) {
    return this.rows.find((row) => row.id === id);
  }

  /** As much as is known of it here. @param {string} id */
  known(id) {
    return this.#listing.get(id);
  }

  undo() {
    this.#acts.bar?.undo();
  }

  /** @param {InboxRow} row @param {Inbox.RowOp} op */
  act(row, op) {
    this.#acts.act(row, op);
  }

  /** @param {SubmitEvent} event */
  #submitted(event) {
    const row = this.#rowAt(event.target);
    if (row) this.submit(row, event);
  }

  /** A button of a row was pressed, or of what is open beside the list. @param {InboxRow} row @param {SubmitEvent} event */
  submit(row, event) {
    this.#acts.submit(row, event);
  }

  /** The row in which something happened. @param {EventTarget | null} target */
  #rowAt(target) {
    const article = target instanceof Element ? target.closest("article") : null;
    return this.#rows.get(article?.dataset.id ?? "");
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const { target, button } = event;
    if (button > 1 || !(target instanceof Element)) return;
    const row = target.closest("[data-part=links] a, [data-part=open], .nb-body a") && this.#rowAt(target);
    // Who follows a notification's own link has read it.
    if (row?.isUnread) this.#client.markRead([row.id]);
    if (button || !target.closest("[data-older] a") || this.#acts.isSignedOut) return;
    event.preventDefault();
    this.#loadOlder();
  }
}
