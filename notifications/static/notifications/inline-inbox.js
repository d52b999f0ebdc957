/** The whole list within a page of somebody else's: loaded where there is such an element. */
import { Activation } from "./activation.js";
import { number } from "./attributes.js";
import { chosenOf } from "./chosen.js";
import { element } from "./dom.js";
import { ElementActs } from "./element-acts.js";
import { ItemList } from "./item-list.js";
import { Listing } from "./listing.js";
import { OnceAFrame } from "./once-a-frame.js";
import { skeletons } from "./row-parts.js";
import { BELL_STYLE, DETAILS_STYLE, ROW_STYLE, dress } from "./styles.js";
import { Tabs } from "./tabs.js";
import { dismissTips } from "./tips.js";
import { EMPTY, STATES, TEXT, endOf, failureText } from "./words.js";

const TICK_MS = 60_000;
const PAGE_MAX_SIZE = 100;

export class InboxView {
  #host;
  #client;
  #list;
  /** @type {Inbox.ListingName} */
  #filter = "inbox";
  #listing = new Listing({ filter: this.#filter, isFirst: true, hasOlder: true, notifications: [] });
  /** @type {string | null} */
  #nextBefore = null;
  #asked = 0;
  /** @type {"loading" | "there" | "failed"} */
  #progress = "loading";
  /** Whether any page of this tab has come: what the stream brought before is no page of it. */
  #hasPage = false;
  #redraw = new OnceAFrame(() => this.#show());
  #heading = element("h2", { tabIndex: -1, textContent: TEXT.heading, part: "title" });
  #markAll = element("button", { type: "button", textContent: TEXT.markAll, part: "mark-all" });
  #notice = element("p", { className: "notice", role: "alert", part: "notice" });
  #empty = element("div", { className: "empty", part: "empty" });
  #loading = skeletons();
  #failed = element("p", { className: "empty" }, `${TEXT.notLoaded} `);
  #more = element("button", { type: "button", className: "older", textContent: TEXT.older, part: "more" });
  #connection = element("span", { className: "connection", part: "status" });

  /** @param {Inbox.InlineInbox} host @param {AbortSignal} signal it has left */
  constructor(host, signal) {
    const { client } = host;
    this.#host = host;
    this.#client = client;
    this.acts = new ElementActs(client);
    const activation = new Activation(host);
    this.#list = new ItemList({ host, client, activation, acts: this.acts, refuge: this.#heading });
    const again = element("button", { type: "button", textContent: TEXT.tryAgain });
    this.#failed.append(again);
    const node = this.#build();
    const root = /** @type {ShadowRoot} */ (host.shadowRoot);
    // Until it is as it should be, the link serves.
    const shown = () => signal.aborted || root.querySelector("slot:not([name])")?.replaceWith(node);
    dress(root, BELL_STYLE, ROW_STYLE, DETAILS_STYLE).then(shown, shown);
    this.#markAll.addEventListener("click", () => this.acts.act("read", null));
    this.#more.addEventListener("click", () => this.#ask(this.#nextBefore));
    again.addEventListener("click", () => this.#ask(null));
    this.#listen(signal);
    dismissTips();
    const tick = setInterval(() => this.#redraw.ask(), TICK_MS);
    signal.addEventListener("abort", () => {
      clearInterval(tick);
      this.#list.clear();
      node.replaceWith(element("slot"));
    });
    this.#showState();
    this.#ask(null);
  }

  /** Rows are drawn in another way. */
  redraw() {
    this.#list.clear();
    this.#show();
  }

  #build() {
    const panel = element("div", { id: "rows", role: "tabpanel", part: "rows" }, this.#list.node, this.#loading, this.#failed, this.#empty, this.#more);
    const tabs = new Tabs(panel, (filter) => this.#open(filter));
    const { inboxUrl } = this.#host;
    const links = inboxUrl === null ? [] : [element("a", { href: inboxUrl, textContent: TEXT.openInbox })];
    return element(
      "div",
      { className: "inbox", part: "inbox" },
      element("div", { className: "head", part: "header" }, this.#heading, element("slot", { name: "header-actions" }), this.#markAll),
      tabs.node,
      this.#notice,
      panel,
      this.acts.bar.node,
      element("div", { className: "foot", part: "footer" }, element("slot", { name: "footer" }, ...links), this.#connection),
    );
  }

  /** @param {AbortSignal} signal */
  #listen(signal) {
    const client = this.#client;
    client.addEventListener("change", ({ detail }) => this.#changed(detail), { signal });
    // What may be muted is chosen.
    chosenOf(client).addEventListener("change", () => this.#redraw.ask(), { signal });
    client.addEventListener("state", () => this.#showState(), { signal });
    client.addEventListener("signedout", ({ detail }) => this.#signedOut(detail), { signal });
    client.addEventListener("error", ({ detail }) => this.#failedTo(detail), { signal });
  }

  /** @param {Inbox.ListingName} filter */
  #open(filter) {
    this.#filter = filter;
    this.#hasPage = false;
    this.#listing = new Listing({ filter, isFirst: true, hasOlder: true, notifications: [] });
    this.#ask(null);
  }

  /** The last page to be asked for counts: another one's answer may be of another tab. @param {string | null} before */
  async #ask(before) {
    const asked = ++this.#asked;
    const listing = this.#listing;
    listing.beginPage();
    this.#progress = "loading";
    this.#show();
    const size = number(this.#host, "limit");
    // The first one anew, as far down as it has been read.
    const limit = before || !this.#hasPage ? size : Math.max(size, Math.min(PAGE_MAX_SIZE, listing.size));
    const query = { filter: this.#filter, limit: String(limit), ...(before && { before }) };
    const page = await this.#client.acts().then((acts) => acts.page(query)).catch(() => null);
    if (asked !== this.#asked) return;
    this.#progress = page ? "there" : "failed";
    if (page) {
      this.#hasPage = true;
      listing.endPage({ notifications: page.notifications, hasOlder: page.next_before !== null, isNew: !before });
      this.#nextBefore = page.next_before;
    } else {
      listing.failPage();
    }
    this.#show();
  }

  /** @param {Inbox.ClientEvents["change"]} change */
  #changed({ notifications, removed, isSnapshot }) {
    this.#listing.merge(notifications, removed);
    // It says nothing of older ones.
    if (isSnapshot) this.#ask(null);
    const { counts, inbox } = this.#client;
    this.#host.emit("change", { ...counts, revision: inbox.revision, source: isSnapshot || notifications.length + removed.length ? "stream" : "act" });
    this.#redraw.ask();
  }

  #show() {
    const isStopped = this.#client.reason !== null;
    const shown = isStopped ? [] : this.#listing.shown((one) => this.#client.inbox.view(one));
    this.#list.show(/** @type {Inbox.Notification[]} */ (shown));
    const isEmpty = !shown.length && !isStopped;
    this.#list.node.ariaBusy = String(this.#progress === "loading");
    this.#loading.hidden = !isEmpty || this.#progress !== "loading";
    this.#failed.hidden = isStopped || this.#progress !== "failed";
    this.#empty.hidden = !isEmpty || this.#progress !== "there";
    const empty = element("slot", { name: this.#filter === "inbox" ? "empty" : `empty-${this.#filter}`, textContent: EMPTY[this.#filter] });
    if (this.#empty.textContent !== empty.textContent) this.#empty.replaceChildren(empty);
    this.#more.hidden = isStopped || !shown.length || this.#nextBefore === null;
    this.#more.disabled = this.#progress === "loading";
    this.#markAll.disabled = isStopped || !this.#client.counts.unread;
  }

  #showState() {
    const { state, reason, isReady, transport, leader, retryInMs } = this.#client;
    this.#connection.dataset.state = state;
    this.#connection.textContent = STATES[isReady && state === "connecting" ? "waiting" : state];
    const ended = endOf(reason);
    this.#notice.replaceChildren(...(ended ? [ended.text, " ", element("a", { href: location.href, textContent: ended.way })] : []));
    this.#host.emit("state", { state, transport, role: leader ? "follower" : "leader", retryIn: retryInMs });
    // What was asked for before there was a sign-in, or a network.
    if (state === "live" && this.#progress === "failed") this.#ask(null);
    this.#redraw.ask();
  }

  /** @param {Inbox.ClientEvents["signedout"]} detail */
  #signedOut(detail) {
    this.#host.emit("signedout", detail);
    this.#showState();
  }

  /** Told of in words where no bell does it. @param {Inbox.Failure} failure */
  #failedTo({ op, ids, status }) {
    const text = op === "seen" ? "" : failureText(op, this.#listing.get(ids?.[0] ?? "")?.title);
    this.#host.emit("error", { code: status, message: text, op, ids });
    const hasVoice = [...this.#client.elements].some(({ localName }) => localName === "notification-bell");
    if (!hasVoice) this.#notice.textContent = text;
  }
}
