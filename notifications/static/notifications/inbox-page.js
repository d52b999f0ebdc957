import { element, place } from "./dom.js";
import { Listing } from "./listing.js";
import { SeenObserver } from "./seen-observer.js";
import { TEXT, newText } from "./words.js";
import { absoluteTime, relativeTime } from "./time.js";

const LATE_AFTER_MS = 5_000;
const TICK_MS = 60_000;
const ACTS = { read: "markRead", unread: "markUnread", archive: "archive", restore: "restore" };

/**
 * Keeps the inbox page up to date. Its HTML works without; here the same forms act without a reload.
 * @param {any} root the element with `data-inbox`
 * @param {Inbox.Client} client
 * @param {Inbox.Api} api
 */
export function enhance(root, client, api) {
  new InboxPage(root, client, api).start();
}

class InboxPage {
  #root;
  #client;
  #api;
  #listing;
  #seen;
  #list;
  #rows = new Map();
  /** What the reader has seen in its place: it may come back there at any time. */
  #accepted = new Set();
  #query;
  #reload = 0;
  #pill = element("button", { type: "button", className: "pill", hidden: true });
  #empty;
  #late = element("p", { className: "strip", role: "status" });
  #lateTimer;

  constructor(root, client, api) {
    const { filter } = root.dataset;
    const before = new URLSearchParams(location.search).get("before");
    this.#root = root;
    this.#client = client;
    this.#api = api;
    this.#seen = new SeenObserver(client);
    this.#query = { filter, limit: 50, ...(before && { before }) };
    this.#list = root.querySelector("ul") ?? element("ul", { className: "notifications" });
    this.#empty = root.querySelector("[data-empty-text]") ?? element("p", { textContent: root.dataset.empty });
    const drawn = [...this.#list.children].map((node) => this.#adopt(node));
    const hasOlder = "hasOlder" in root.dataset;
    this.#listing = new Listing({ filter, isFirst: !before, hasOlder, notifications: drawn });
  }

  start() {
    this.#root.prepend(this.#late, this.#pill, this.#list, this.#empty);
    this.#root.addEventListener("submit", (event) => this.#act(event));
    this.#pill.addEventListener("click", () => this.#showNew());
    this.#client.addEventListener("change", ({ detail }) => this.#changed(detail));
    this.#client.addEventListener("state", () => this.#showState());
    setInterval(() => this.#showTimes(), TICK_MS);
    if (this.#client.isReady) this.#changed({ notifications: [...this.#client.inbox.notifications.values()], removed: [], isSnapshot: true });
    this.#showState();
    this.#show();
  }

  /** A row that the server drew, as far as it says what it shows. */
  #adopt(node) {
    const { id, revision, arrived, seen, archived } = node.dataset;
    const at = node.querySelector("time").dateTime;
    this.#rows.set(id, rowOf(node));
    this.#accepted.add(id);
    return {
      id,
      revision: Number(revision),
      arrived_revision: Number(arrived),
      arrived_at: at,
      title: node.querySelector("h2 a").textContent,
      seen_at: seen === undefined ? null : at,
      read_at: node.className === "unread" ? null : at,
      archived_at: archived === undefined ? null : at,
      snoozed_until: null,
    };
  }

  #changed({ notifications, removed, isSnapshot }) {
    this.#listing.merge(notifications, removed);
    const { epoch, revision } = this.#client.inbox;
    const isAsDrawn = epoch === this.#root.dataset.epoch && revision === Number(this.#root.dataset.revision);
    // A snapshot says nothing of older rows, unless nothing happened since they were drawn.
    if (isSnapshot && !isAsDrawn) this.#reloadPage();
    this.#show();
  }

  async #reloadPage() {
    const reload = ++this.#reload;
    this.#listing.beginReload();
    const page = await this.#api.page(this.#query).catch(() => null);
    // Another snapshot makes this answer worthless: it may be older.
    if (!page || reload !== this.#reload || page.epoch !== this.#client.inbox.epoch) return;
    this.#listing.endReload(page.notifications, page.next_before !== null);
    this.#show();
  }

  #show() {
    const shown = this.#listing.shown((one) => this.#client.inbox.view(one));
    const fresh = shown.filter(({ id }) => !this.#accepted.has(id));
    const mayInsert = !this.#isReading();
    if (mayInsert) for (const { id } of fresh) this.#accepted.add(id);
    const visible = shown.filter(({ id }) => this.#accepted.has(id));
    place(this.#list, visible.map((one) => this.#row(one)), document.querySelector("main"));
    this.#list.hidden = !visible.length;
    this.#empty.hidden = visible.length > 0;
    this.#pill.hidden = mayInsert || !fresh.length;
    this.#pill.textContent = newText(fresh.length);
    for (const node of document.querySelectorAll("[data-count=unread]")) node.textContent = this.#client.counts.unread;
  }

  /** Nothing is put above what somebody reads. */
  #isReading() {
    return this.#list.children.length > 0 && this.#list.getBoundingClientRect().top < 0;
  }

  #showNew() {
    const first = this.#listing.shown((one) => this.#client.inbox.view(one)).find(({ id }) => !this.#accepted.has(id));
    scrollTo({ top: 0 });
    this.#show();
    this.#rows.get(first?.id)?.link.focus();
  }

  #row(notification) {
    let row = this.#rows.get(notification.id);
    if (!row) this.#rows.set(notification.id, (row = rowOf(newRow(notification))));
    showRow(row, notification);
    this.#showTime(row);
    this.#seen.watch(row.node, notification);
    return row.node;
  }

  #showTimes() {
    for (const row of this.#rows.values()) this.#showTime(row);
  }

  #showTime({ time }) {
    time.title = absoluteTime(time.dateTime);
    time.textContent = relativeTime(time.dateTime, this.#client.now());
  }

  #act(event) {
    const act = ACTS[event.submitter?.value];
    const { id } = event.target.closest("[data-id]")?.dataset ?? {};
    if (!act || !id) return;
    event.preventDefault();
    // Without a sign-in nothing can be done, and the server knows what to say.
    if (["signed_out", "other_user"].includes(this.#client.reason)) location.reload();
    else this.#client[act]([id]);
  }

  #showState() {
    const { state } = this.#client;
    if (state !== "live" && state !== "stopped") {
      this.#lateTimer ??= setTimeout(() => this.#showLate(), LATE_AFTER_MS);
      return;
    }
    clearTimeout(this.#lateTimer);
    this.#lateTimer = undefined;
    this.#late.replaceChildren();
  }

  #showLate() {
    const again = element("button", { type: "button", textContent: TEXT.tryNow });
    again.addEventListener("click", () => this.#client.wake());
    this.#late.replaceChildren(TEXT.late, " ", again);
  }
}

/** The parts of a row that change. */
function rowOf(node) {
  const [toggle, move] = node.querySelectorAll("button");
  const [heading, link, time] = ["h2", "h2 a", "time"].map((selector) => node.querySelector(selector));
  return { node, heading, link, time, toggle, move };
}

/** As _actions.html and inbox.html draw it. */
function newRow({ id }) {
  const titleId = `title-${id}`;
  const link = element("a", { href: `${location.pathname}${encodeURIComponent(id)}/` });
  const heading = element("h2", { id: titleId, dir: "auto" }, link);
  const meta = element("p", { className: "meta" }, element("span"), " · ", element("time"));
  const buttons = ["", ""].map(() => element("button", { name: "op" }));
  const form = element("form", { method: "post" }, ...buttons.flatMap((button) => [button, " "]));
  const article = element("article", {}, heading, meta, element("p", { dir: "auto", className: "text" }), form);
  article.setAttribute("aria-labelledby", titleId);
  const node = element("li", {}, article);
  node.dataset.id = id;
  return node;
}

function showRow({ node, heading, link, time, toggle, move }, notification) {
  const isUnread = !notification.read_at;
  node.className = isUnread ? "unread" : "";
  link.textContent = notification.title;
  heading.querySelector(".meta")?.remove();
  if (isUnread) heading.append(" ", element("span", { className: "meta", textContent: "(unread)" }));
  label(toggle, isUnread ? "read" : "unread", notification.title);
  label(move, notification.archived_at ? "restore" : "archive", notification.title);
  if (notification.level) showContent(node, time, notification);
}

/** What a row says, of a notification that is known whole. */
function showContent(node, time, { level, category, sender, arrived_at, body, body_truncated }) {
  time.dateTime = arrived_at;
  const [meta, text] = [node.querySelector("p.meta"), node.querySelector("article > p[dir]")];
  meta.replaceChildren([level, category, sender].filter(Boolean).join(" · "), " · ", time);
  const shown = body + (body_truncated ? "…" : "");
  if (text) text.innerText = shown;
  else if (shown) meta.after(element("p", { dir: "auto", innerText: shown }));
}

function label(button, op, title) {
  button.value = op;
  button.replaceChildren(TEXT[op], element("span", { className: "visually-hidden", textContent: `: ${title}` }));
}
