import { labelsOf } from "./appearance.js";
import { mutesOf } from "./muting.js";
import { element, hide, part, say } from "./dom.js";
import { partsOf } from "./inbox-row-parts.js";
import { place } from "./list-place.js";
import { about, actionLinks, avatar, doWithoutPicture, labelled, linked, moreButton, paragraphs } from "./row-parts.js";
import { pieces } from "./search-words.js";
import { ALONE, heldBy } from "./threads.js";
import { absoluteTime, ageInDay, relativeTime, zonedTime } from "./time.js";
import { TEXT, earlierText, levelText, ofAll, snoozedUntil } from "./words.js";

const labels = labelsOf(document.querySelector("notification-bell"));

/** One notification of the inbox page: a row as _row.html draws it, or all of it, as _one.html does. */
export class InboxRow {
  #parts;
  #isWhole;
  #mayMute;
  /** Which content is shown: of what revision, and whether all of it. */
  #shown = "";
  /** What it shows: nobody changes one of these. @type {Inbox.Drawn | Inbox.Notification | undefined} */
  #drawn;
  /** How its thread is folded. */
  #fold = "";
  /** All that is done something with here: more than one, where a thread is folded into it. @type {string[]} */
  ids = [];
  /** The row under which it stands; empty: none. */
  under = "";
  /** The moment by whose day it stands where it does. */
  day = "";
  #isSaved = false;
  /** The moment that its time's title says. */
  #titleOf = "";
  #isStop;
  /** Those that are marked in it. */
  #words = place.words;

  /** @param {HTMLElement} node @param {{isWhole?: boolean, mayMute?: (notification: Inbox.Notification) => boolean}} [options] */
  constructor(node, { isWhole = false, mayMute = () => true } = {}) {
    this.#mayMute = mayMute;
    this.node = node;
    this.#parts = partsOf(node);
    this.#isWhole = isWhole;
    // Of a list one row is.
    this.#isStop = isWhole;
    doWithoutPicture(node);
  }

  get id() {
    return this.node.dataset.id ?? "";
  }

  get time() {
    return this.#parts.time.dateTime;
  }

  get isUnread() {
    return this.node.classList.contains("unread");
  }

  get address() {
    return this.#parts.title.href;
  }

  /** As far as the server's row says what it shows. @returns {Inbox.Drawn} */
  read() {
    const { revision, arrived, seen, read, archived, snoozed = null, saved, thread } = this.node.dataset;
    const at = this.time;
    return {
      id: this.id,
      revision: Number(revision),
      arrived_revision: Number(arrived),
      arrived_at: at,
      title: this.#parts.title.textContent,
      seen_at: seen === undefined ? null : at,
      // Whether it is unread itself; its row may be for others of its thread.
      read_at: read === undefined ? null : at,
      archived_at: archived === undefined ? null : at,
      snoozed_until: snoozed,
      saved_at: saved === undefined ? null : at,
      thread,
    };
  }

  get isPicked() {
    return this.#parts.pick?.checked ?? false;
  }

  /** Whether it is selected. */
  set isPicked(isPicked) {
    const { pick } = this.#parts;
    if (pick && pick.checked !== isPicked) pick.checked = isPicked;
  }

  get isSaved() {
    return this.#isSaved;
  }

  open() {
    this.#parts.title.click();
  }

  /** Offers until when to snooze it, or what of it to mute. @param {"snooze" | "mute"} what */
  offer(what) {
    const menu = this.#parts[what];
    if (menu.hidden) return;
    // Where its acts are behind a button, they are shown first.
    if (this.#parts.more?.checkVisibility()) this.#parts.acts.showPopover();
    menu.open = true;
    menu.querySelector("button")?.focus();
  }

  /** Shows the earlier ones of its thread, or folds them again. */
  flip() {
    const { fold } = this.#parts;
    if (fold && !fold.hidden) fold.open = !fold.open;
    return fold;
  }

  /**
   * @param {Inbox.Drawn | Inbox.Notification} notification
   * @param {number} nowMs
   * @param {Omit<Inbox.Folded<Inbox.Drawn | Inbox.Notification>, "one">} [fold]
   */
  show(notification, nowMs, fold = ALONE) {
    const { time } = this.#parts;
    const { earlier, isOpen, under } = fold;
    const all = heldBy(notification, fold);
    const isUnread = all.some(({ read_at }) => !read_at);
    this.#isSaved = all.every(({ saved_at }) => saved_at);
    this.ids = all.map(({ id }) => id);
    this.under = under?.id ?? "";
    this.day = (under ?? notification).arrived_at;
    const how = [isUnread, this.#isSaved, all.length, earlier.length, this.under].join();
    const isKnown = this.#drawn === notification && this.#words === place.words && this.#fold === how;
    this.#fold = how;
    if (!isKnown) this.#draw(notification, isUnread);
    if (!isKnown) this.#showFold(earlier.length, isOpen, notification.title);
    say(time, this.#isWhole || under ? relativeTime(time.dateTime, nowMs) : ageInDay(time.dateTime, nowMs));
  }

  /** @param {number} count @param {boolean} isOpen @param {string} title */
  #showFold(count, isOpen, title) {
    const { fold } = this.#parts;
    this.node.classList.toggle("nb-earlier", Boolean(this.under));
    if (!fold) return;
    hide(fold, !count);
    if (fold.open !== isOpen) fold.open = isOpen;
    const text = earlierText(count);
    const name = part(fold, "summary", HTMLElement);
    say(name, text);
    name.ariaLabel = `${text}: ${title}`;
  }

  /** @param {Inbox.Drawn | Inbox.Notification} notification @param {boolean} isUnread */
  #draw(notification, isUnread) {
    this.#drawn = notification;
    const { title, state, toggle, move, more, pick, time, line } = this.#parts;
    const count = this.ids.length;
    if (this.id !== notification.id) this.#becomes(notification.id);
    this.node.classList.toggle("unread", isUnread);
    say(state, isUnread ? TEXT.isUnread : "");
    const address = place.addressOf(notification.id);
    if (title.getAttribute("href") !== address) title.href = address;
    if (title.textContent !== notification.title) title.replaceChildren(...this.#marked(notification.title));
    label(toggle, isUnread ? "read" : "unread", notification.title, count);
    label(move, notification.archived_at ? "restore" : "archive", notification.title, count);
    if (more) moreButton(notification.title, more);
    if (pick) pick.ariaLabel = `${ofAll(TEXT.select, count)}: ${notification.title}`;
    const { wake, save, snooze, mute } = this.#parts;
    hide(wake, !notification.snoozed_until);
    hide(snooze, notification.archived_at !== null);
    labelled(wake, "wake", ofAll(TEXT.wake, count), notification.title);
    label(save, this.#isSaved ? "unsave" : "save", notification.title, count);
    labelled(part(snooze, "summary", HTMLElement), "snooze", ofAll(TEXT.snooze, count), notification.title);
    labelled(part(mute, "summary", HTMLElement), "mute", TEXT.mute, notification.title);
    this.#showSnooze(notification);
    // One that the server drew is not known whole until it changes.
    if ("level" in notification && this.#shown !== versionOf(notification)) this.#showContent(notification);
    if (this.#words !== place.words) this.#mark();
    this.node.classList.toggle("nb-bare", line?.textContent.trim() === "");
    if (this.#titleOf === time.dateTime) return;
    this.#titleOf = time.dateTime;
    time.title = absoluteTime(time.dateTime);
  }

  /** @param {string} id */
  #becomes(id) {
    const { heading, line, more, pick, acts } = this.#parts;
    this.node.dataset.id = this.#parts.id.value = id;
    if (this.#isWhole || !line || !more) return;
    this.node.id = `n-${id}`;
    heading.id = `title-${id}`;
    line.id = `line-${id}`;
    acts.id = `acts-${id}`;
    if (pick) pick.value = id;
    this.node.setAttribute("aria-labelledby", heading.id);
    this.node.setAttribute("aria-describedby", line.id);
    more.popoverTargetElement = acts;
  }

  /** A text in which those words are marked that the list is narrowed to. @param {string} text */
  #marked = (text) =>
    pieces(text, this.#isWhole ? [] : place.words).map((one) => (one.isMatch ? element("mark", { textContent: one.text }) : one.text));

  /** Other words are looked for; what the row says stays. */
  #mark() {
    this.#words = place.words;
    if (this.#isWhole) return;
    const { title, about: said, body } = this.#parts;
    for (const node of [title, ...said.querySelectorAll("bdi")]) node.replaceChildren(...this.#marked(node.textContent));
    body.replaceChildren(...linked(body.textContent, { tabIndex: -1, drawn: this.#marked }));
  }

  /** @param {Inbox.Drawn | Inbox.Notification} notification */
  #showSnooze(notification) {
    const { snoozed } = this.#parts;
    const { snoozed_until: until } = notification;
    if (until && snoozed.querySelector("time")?.dateTime === until) return;
    const at = until && element("time", { dateTime: until, title: absoluteTime(until), textContent: zonedTime(until) });
    if (at) snoozed.replaceChildren(...snoozedUntil(at));
    // One that the server drew may have woken, and says so.
    else if ("woken" in notification) say(snoozed, notification.woken ? TEXT.snoozed : "");
    else if (snoozed.querySelector("time")) say(snoozed, "");
  }

  /** @param {Inbox.Notification} notification */
  #showContent(notification) {
    const { title, level, arrived_at, body, body_truncated, actions, url } = notification;
    this.#shown = versionOf(notification);
    const parts = this.#parts;
    this.node.dataset.level = level;
    this.node.querySelector("[data-part=avatar]")?.replaceWith(avatar(notification));
    parts.level.textContent = levelText(level);
    parts.about.replaceChildren(...about(notification, labels, this.#marked));
    parts.time.dateTime = arrived_at;
    const text = body + (body_truncated ? "…" : "");
    parts.body.replaceChildren(...(this.#isWhole ? paragraphs(text) : linked(text, { tabIndex: -1, drawn: this.#marked })));
    parts.links.replaceChildren(...actionLinks(actions));
    parts.open.hidden = !url;
    if (url) labelled(Object.assign(parts.open, { href: url }), "open", TEXT.open, title);
    this.#showMutes(notification);
    this.isStop = this.#isStop;
  }

  /** @param {Inbox.Notification} notification */
  #showMutes(notification) {
    const { mute } = this.#parts;
    hide(mute, !this.#mayMute(notification));
    const buttons = mutesOf(notification, labels).map(({ kind, label: text }) => element("button", { name: "op", value: `mute-${kind}`, dir: "auto", textContent: text }));
    part(mute, ".nb-choices", HTMLElement).replaceChildren(...buttons);
  }

  /** What of a notification a button mutes, if it does that. @param {Inbox.Drawn} notification @param {string} op */
  static muteOf(notification, op) {
    return "level" in notification ? mutesOf(/** @type {Inbox.Notification} */ (notification), labels).find(({ kind }) => op === `mute-${kind}`) : undefined;
  }

  /** Whether Tab stops here, and at what can be done here: of all rows, at one. @param {boolean} isStop */
  set isStop(isStop) {
    this.#isStop = isStop;
    const tabIndex = isStop ? 0 : -1;
    if (!this.#isWhole) this.node.tabIndex = tabIndex;
    /** @type {NodeListOf<HTMLElement>} */
    const inside = this.node.querySelectorAll(":is(a, button, summary, [name=until], [data-part=pick]):not(.nb-body *)");
    for (const one of inside) one.tabIndex = tabIndex;
  }
}

/** @param {Inbox.Notification} notification */
const versionOf = ({ revision, body_truncated }) => `${revision}${body_truncated}`;

/** @param {HTMLButtonElement} button @param {Inbox.RowOp} op @param {string} title @param {number} count of what it acts on */
function label(button, op, title, count) {
  if (button.value !== op) button.value = op;
  labelled(button, op, ofAll(TEXT[op], count), title);
}
