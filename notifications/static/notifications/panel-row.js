import { element, say } from "./dom.js";
import { isListed } from "./inbox-state.js";
import { about, acting, actionLinks, avatar, linked, moreButton, paragraphs } from "./row-parts.js";
import { PanelMutes } from "./panel-mutes.js";
import { ALONE, heldBy } from "./threads.js";
import { absoluteTime, relativeTime } from "./time.js";
import { act, actOnMany } from "./undoing.js";
import { TEXT, earlierText, levelText } from "./words.js";

/** One notification in the panel of a bell: a link, or where it leads nowhere one that unfolds. */
export class PanelRow {
  #client;
  #activation;
  #bar;
  #mutes;
  /** @type {Inbox.Notification} */
  #notification;
  /** The revision of the notification whose content is shown. */
  #shownAt = -1;
  /** The revision of the notification whose whole text is shown. */
  #wholeAt = -1;
  #isUnfolded = false;
  #isStop = false;
  /** With what its acts do something: more than one, where a thread is folded into it. @type {Inbox.Notification[]} */
  #all;
  #avatar = element("span");
  /** @type {HTMLAnchorElement | HTMLButtonElement} */
  #title = element("a", { dir: "auto", part: "item-title" });
  #state = element("span", { className: "visually-hidden" });
  #time = element("time", { className: "nb-time", part: "item-time" });
  #level = element("span", { className: "nb-level" });
  #about = element("span", { className: "nb-about" });
  #body = element("span", { className: "nb-body", dir: "auto" });
  #line = element("p", { className: "nb-line", part: "item-body" }, this.#level, " ", this.#about, " ", this.#body);
  #whole = element("div", { className: "whole", dir: "auto", hidden: true, part: "item-body" });
  #links = element("div", { className: "nb-links", part: "item-actions" });
  #toggle = element("button", { type: "button" });
  #move = element("button", { type: "button" });
  #earlier = element("summary");
  #fold = element("details", { className: "nb-fold", hidden: true, part: "item-thread" }, this.#earlier);
  #acts = element("div", { className: "nb-acts", popover: "auto", part: "item-acts" }, this.#toggle, this.#move);
  #more = element("button", { type: "button", popoverTargetElement: this.#acts });

  /** @param {Inbox.RowOptions} options */
  constructor({ client, activation, acts, notification, fold }) {
    this.#notification = notification;
    this.#all = [notification];
    this.#client = client;
    this.#bar = acts;
    this.#activation = activation;
    this.#mutes = new PanelMutes({ client, activation, acts, done: () => this.#title.focus() });
    this.#acts.insertBefore(this.#mutes.button, this.#move);
    const heading = element("div", { className: "nb-title" }, this.#title, this.#state);
    this.node = element("li", { className: "nb-row", part: "item" }, this.#avatar, heading, this.#time, this.#line, this.#fold, this.#whole, this.#links, this.#mutes.node, this.#more, this.#acts);
    this.#does(this.#toggle, () => this.#act(this.#isUnread ? "read" : "unread"));
    this.#does(this.#mutes.button, () => this.#mutes.toggle());
    this.#does(this.#move, () => this.#act(isListed(this.#notification) ? "archive" : "restore"));
    // Not by "toggle", which comes later: what is drawn in between would take it back.
    this.#earlier.addEventListener("click", (event) => {
      event.preventDefault();
      fold(this.#notification.thread, !this.#fold.open);
    });
    activation.watch(this.#links, () => this.#notification);
    this.#watchTitle();
  }

  get #isUnread() {
    return this.#all.some(({ read_at }) => !read_at);
  }

  /** @param {Inbox.RowOp} op */
  #act(op) {
    if (this.#all.length > 1) actOnMany(this.#client, this.#bar, op, this.#all);
    else act(this.#client, this.#bar, op, this.#notification);
  }

  /** @param {Inbox.Notification} notification @param {Omit<Inbox.Folded<Inbox.Notification>, "one">} [fold] */
  show(notification, fold = ALONE) {
    const { earlier, isOpen, under } = fold;
    const hasChanged = this.#shownAt !== notification.revision;
    this.#all = heldBy(notification, fold);
    this.#shownAt = notification.revision;
    this.#notification = notification;
    const { title, level, arrived_at } = notification;
    const unread = this.#isUnread;
    const count = this.#all.length;
    this.node.classList.toggle("unread", unread);
    this.node.part.toggle("item-unread", unread);
    this.node.dataset.level = level;
    if (hasChanged) this.#showContent(notification);
    say(this.#state, unread ? TEXT.isUnread : "");
    say(this.#time, relativeTime(arrived_at, this.#client.now()));
    acting(this.#toggle, unread ? "read" : "unread", title, count);
    acting(this.#move, isListed(notification) ? "archive" : "restore", title, count);
    moreButton(title, this.#more);
    this.#mutes.show(notification);
    this.node.classList.toggle("nb-earlier", under !== null);
    const text = earlierText(earlier.length);
    this.#fold.hidden = !earlier.length;
    this.#fold.open = isOpen;
    say(this.#earlier, text);
    this.#earlier.ariaLabel = `${text}: ${title}`;
    if (hasChanged) this.#setStops();
  }

  leave() {}

  focus() {
    this.#title.focus();
  }

  /** Whether Tab stops here, and at what can be done here: of all rows, at one. @param {boolean} isStop */
  set isStop(isStop) {
    if (this.#isStop === isStop) return;
    this.#isStop = isStop;
    this.#setStops();
  }

  #setStops() {
    /** @type {NodeListOf<HTMLElement>} */
    const inside = this.node.querySelectorAll(":is(a, button, summary):not(.nb-body *)");
    for (const one of inside) one.tabIndex = this.#isStop ? 0 : -1;
  }

  /** Shows all of it. */
  async unfold(isUnfolded = true) {
    this.#isUnfolded = isUnfolded;
    this.#whole.hidden = !isUnfolded;
    this.#body.hidden = isUnfolded;
    this.#title.ariaExpanded = String(isUnfolded);
    const { id, revision, body_truncated } = this.#notification;
    if (!isUnfolded || !body_truncated || this.#wholeAt === revision) return;
    const whole = await this.#activation.whole(id).catch(() => null);
    if (!whole || this.#notification.revision !== revision) return;
    this.#wholeAt = revision;
    this.#whole.replaceChildren(...paragraphs(whole.body));
    this.#setStops();
  }

  /** @param {Inbox.Notification} notification */
  #showContent(notification) {
    const { title, level, arrived_at, body, body_truncated, actions } = notification;
    this.#time.dateTime = arrived_at;
    this.#time.title = absoluteTime(arrived_at);
    const address = this.#activation.addressOf(notification);
    this.#becomes(address === null ? "button" : "a");
    if (address !== null) this.#title.setAttribute("href", address);
    this.#title.textContent = title;
    const picture = avatar(notification);
    this.#avatar.replaceWith(picture);
    this.#avatar = picture;
    this.#level.textContent = levelText(level);
    this.#about.replaceChildren(...about(notification, this.#activation.labels));
    const text = body + (body_truncated ? "…" : "");
    this.#body.replaceChildren(...linked(text, { tabIndex: -1 }));
    this.node.classList.toggle("nb-bare", !this.#line.textContent.trim());
    this.#whole.replaceChildren(...paragraphs(text));
    this.#links.replaceChildren(...actionLinks(actions));
    if (this.#isUnfolded) this.unfold();
  }

  /** An edit may have given it an address, or taken it. @param {"a" | "button"} tag */
  #becomes(tag) {
    if (this.#title.localName === tag) return;
    const title = element(tag, { dir: "auto", part: "item-title", ...(tag === "button" && { type: "button", ariaExpanded: "false" }) });
    this.#title.replaceWith(title);
    this.#title = title;
    this.#watchTitle();
    if (tag === "a") this.unfold(false);
  }

  #watchTitle() {
    const unfolds = this.#title.localName === "button";
    this.#activation.watch(this.#title, () => this.#notification, () => unfolds && this.unfold(!this.#isUnfolded));
  }

  /** @param {HTMLButtonElement} button @param {() => void} onClick */
  #does(button, onClick) {
    button.addEventListener("click", () => {
      if (this.#acts.matches(":popover-open")) this.#acts.hidePopover();
      onClick();
    });
  }
}
