import { DayList } from "./day-list.js";
import { element } from "./dom.js";
import { InboxRow } from "./inbox-row.js";
import { Listing } from "./listing.js";
import { SeenObserver } from "./seen-observer.js";
import { DONE, newText } from "./words.js";

const TICK_MS = 60_000;
const PAGE_SIZE = 50;
const PAGE_MAX_SIZE = 100;
// Then the reader asks for more, or the page would have no end.
const AUTOMATIC_PAGES = 3;
const ACTS = { read: "markRead", unread: "markUnread", archive: "archive", restore: "restore" };
const UNDONE_BY = { archive: "restore", restore: "archive" };

/** Keeps the inbox page up to date, whose forms act without a reload then. */
export function enhance(root, client, api) {
  new InboxPage(root, client, api).start();
}

class InboxPage {
  #root;
  #client;
  #api;
  #listing;
  #seen;
  #template;
  #days;
  #rows = new Map();
  /** What the reader has seen in its place: it may come back there at any time. */
  #accepted = new Set();
  #query;
  #nextBefore;
  #asked = 0;
  #automaticPages = AUTOMATIC_PAGES;
  #nearOlder;
  #older;
  #empty;
  #markAll = document.querySelector("[data-mark-all]");
  #pill = element("button", { type: "button", className: "new", hidden: true });
  #undo;

  constructor(root, client, api) {
    const { filter, nextBefore = null } = root.dataset;
    const before = new URLSearchParams(location.search).get("before");
    const part = root.querySelector.bind(root);
    this.#root = root;
    this.#client = client;
    this.#api = api;
    this.#seen = new SeenObserver(client);
    this.#query = { filter, ...(before && { before }) };
    this.#nextBefore = nextBefore;
    this.#template = part("template").content.firstElementChild;
    this.#days = new DayList(part("[data-days]"), document.querySelector("h1"));
    this.#empty = part("[data-empty]");
    this.#older = part("[data-older]");
    const drawn = [...root.querySelectorAll("article")].map((node) => this.#adopt(node));
    this.#listing = new Listing({ filter, isFirst: !before, hasOlder: nextBefore !== null, notifications: drawn });
  }

  start() {
    const { inbox, isReady } = this.#client;
    this.#root.prepend(this.#pill);
    this.#root.addEventListener("submit", (event) => this.#submitted(event));
    // The middle button does not click.
    for (const type of ["click", "auxclick"]) this.#root.addEventListener(type, (event) => this.#clicked(event));
    this.#markAll.addEventListener("submit", (event) => this.#submittedAll(event));
    this.#pill.addEventListener("click", () => this.#showNew());
    this.#client.addEventListener("change", ({ detail }) => this.#changed(detail));
    this.#client.addEventListener("signedout", () => this.#show());
    setInterval(() => this.#show(), TICK_MS);
    if (isReady) this.#changed({ notifications: [...inbox.notifications.values()], removed: [], isSnapshot: true });
    this.#show();
    const near = ([{ isIntersecting }]) => isIntersecting && this.#automaticPages-- > 0 && this.#loadOlder();
    this.#nearOlder = new IntersectionObserver(near, { rootMargin: "200px" });
    this.#nearOlder.observe(this.#older);
    import("./inbox-comforts.js").then(({ addComforts }) => (this.#undo = addComforts(this.#root, this, this.#client)));
  }

  #adopt(node) {
    const row = new InboxRow(node);
    this.#rows.set(row.id, row);
    this.#accepted.add(row.id);
    return row.read();
  }

  #changed({ notifications, removed, isSnapshot }) {
    this.#listing.merge(notifications, removed);
    const { epoch, revision } = this.#client.inbox;
    const isAsDrawn = epoch === this.#root.dataset.epoch && revision === Number(this.#root.dataset.revision);
    // A snapshot says nothing of older rows, unless nothing happened since they were drawn.
    if (isSnapshot && !isAsDrawn) this.#ask(Math.min(PAGE_MAX_SIZE, Math.max(PAGE_SIZE, this.#listing.size)));
    this.#show();
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

  /** The last page to be asked for counts: another one's answer may be older. */
  async #ask(limit, before) {
    const asked = ++this.#asked;
    this.#listing.beginPage();
    const page = await this.#api.page({ ...this.#query, ...(before && { before }), limit }).catch(() => null);
    if (asked !== this.#asked) return false;
    if (page?.epoch !== this.#client.inbox.epoch) {
      this.#listing.failPage();
      return false;
    }
    this.#nextBefore = page.next_before;
    this.#listing.endPage({ notifications: page.notifications, hasOlder: page.next_before !== null, isNew: !before });
    if (before) for (const { id } of page.notifications) this.#accepted.add(id);
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
    this.#markAll.hidden = !unread;
    for (const node of document.querySelectorAll("[data-count=unread]")) node.textContent = unread || "";
  }

  #shown() {
    return this.#listing.shown((one) => this.#client.inbox.view(one));
  }

  /** Nothing is put above what somebody reads. */
  #isReading() {
    return this.rows.length > 0 && this.rows[0].node.getBoundingClientRect().top < 0;
  }

  #row(notification) {
    let row = this.#rows.get(notification.id);
    if (!row) this.#rows.set(notification.id, (row = new InboxRow(this.#template.cloneNode(true))));
    row.show(notification, this.#client.now());
    this.#seen.watch(row.node, notification);
    return row;
  }

  #showNew() {
    const first = this.#shown().find(({ id }) => !this.#accepted.has(id));
    scrollTo({ top: 0 });
    this.#show();
    this.#rows.get(first?.id)?.node.focus();
  }

  get rows() {
    return this.#days.rows;
  }

  get current() {
    return this.#days.current;
  }

  undo() {
    this.#undo?.undo();
  }

  async act(row, op) {
    // Without a sign-in nothing can be done, and the server knows what to say.
    if (this.#isSignedOut()) return location.reload();
    const isDone = this.#client[ACTS[op]]([row.id]);
    if (!UNDONE_BY[op]) return;
    this.#undo?.offer(DONE[op], () => this.#client[ACTS[UNDONE_BY[op]]]([row.id]));
    if (!(await isDone)) this.#undo?.hide();
  }

  #isSignedOut() {
    return ["signed_out", "other_user"].includes(this.#client.reason);
  }

  #submitted(event) {
    const row = this.#rows.get(event.target.closest("article")?.dataset.id);
    const op = event.submitter?.value;
    if (!row || !ACTS[op]) return;
    event.preventDefault();
    this.act(row, op);
  }

  #submittedAll(event) {
    if (this.#isSignedOut()) return;
    event.preventDefault();
    this.#client.markAllRead();
  }

  #clicked(event) {
    const { target, button } = event;
    if (button > 1) return;
    const row = target.closest("[data-part=links] a") && this.#rows.get(target.closest("article").dataset.id);
    // Who follows a notification's own link has read it.
    if (row?.isUnread) this.#client.markRead([row.id]);
    if (button || !target.closest("[data-older] a") || this.#isSignedOut()) return;
    event.preventDefault();
    this.#loadOlder();
  }
}
