import { labelsOf } from "./appearance.js";
import { muteButtons, mutesOf } from "./muting.js";
import { element, hide, part, say } from "./dom.js";
import { partsOf } from "./inbox-row-parts.js";
import { place } from "./list-place.js";
import { showButtons, showWays } from "./row-buttons.js";
import { about, actionLinks, avatar, doWithoutPicture, linked, moreButton, paragraphs } from "./row-parts.js";
import { pieces } from "./search-words.js";
import { ALONE, heldBy } from "./threads.js";
import { absoluteTime, ageInDay, relativeTime, zonedTime } from "./time.js";
import { TEXT, earlierText, levelText, ofAll, snoozedUntil } from "./words.js";

// An age is told in minutes.
const AGE_MS = 10_000;
const labels = labelsOf(document.querySelector("notification-bell"));

/** One notification of the inbox page: a row as _row.html draws it, or all of it, as _one.html does. */
export class InboxRow {
  #parts;
  /** What is put into it once it is needed: by far the most of a row. @type {Pick<Inbox.RowParts, "acts" | "fold"> | undefined} */
  #later;
  #isWhole;
  #mayMute;
  /** Which content is shown: of what revision, and whether all of it. */
  #shown = "";
  /** Of which content its buttons are. */
  #equippedWith = "";
  /** What it shows: nobody changes one of these. @type {Inbox.Drawn | Inbox.Notification | undefined} */
  #drawn;
  /** How its thread is folded. */
  #fold = "";
  /** When its age was told. */
  #toldAt = 0;
  /** All that is done something with here: more than one, where a thread is folded into it. @type {string[]} */
  ids = [];
  /** The row under which it stands; empty: none. */
  under = "";
  /** The moment by whose day it stands where it does. */
  day = "";
  #isSaved = false;
  #isStop;
  /** Those that are marked in it. */
  #words = place.words;

  /** @param {HTMLElement} node @param {{isWhole?: boolean, later?: Pick<Inbox.RowParts, "acts" | "fold">, mayMute?: (notification: Inbox.Notification) => boolean}} [options] later: what it lacks; none: nothing */
  constructor(node, { isWhole = false, later, mayMute = () => true } = {}) {
    this.#mayMute = mayMute;
    this.node = node;
    this.#parts = partsOf(node);
    this.#later = later;
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

  /** As far as the server's row says what it shows. @returns {Inbox.Drawn} */
  read() {
    const { revision, arrived, seen, read, archived, snoozed = null, saved, thread } = this.node.dataset;
    /** Since when, as far as it matters. @param {string | undefined} mark */
    const since = (mark) => (mark === undefined ? null : this.time);
    return {
      id: this.id,
      revision: Number(revision),
      arrived_revision: Number(arrived),
      arrived_at: this.time,
      title: this.#parts.title.textContent,
      seen_at: since(seen),
      // Whether it is unread itself; its row may be for others of its thread.
      read_at: since(read),
      archived_at: since(archived),
      snoozed_until: snoozed,
      saved_at: since(saved),
      thread,
    };
  }

  get isPicked() {
    return this.#parts.pick?.checked ?? false;
  }

  /** Whether it is selected. */
  set isPicked(isPicked) {
    const { pick } = this.#parts;
    if (pick) pick.checked = isPicked;
  }

  get isSaved() {
    return this.#isSaved;
  }

  open() {
    this.#parts.title.click();
  }

  /** Whether all that can be done with it is there. */
  get isEquipped() {
    return Boolean(this.#parts.toggle);
  }

  /** Somebody is at it, or may be soon: with what can be done they get what they see of it anyway. */
  equip() {
    if (!this.#later || this.isEquipped) return;
    this.#parts.acts.append(...this.#later.acts.cloneNode(true).childNodes);
    this.#parts = partsOf(this.node);
    this.#showButtons();
  }

  #showButtons() {
    const notification = this.#drawn;
    if (!notification || !this.isEquipped) return;
    showButtons(this.#parts, notification, { count: this.ids.length, isUnread: this.isUnread, isSaved: this.#isSaved });
    if (!("level" in notification) || this.#equippedWith === this.#shown) return;
    this.#equippedWith = this.#shown;
    showWays(this.#parts, notification, this.#mayMute(notification) ? muteButtons(notification, labels, this.#tabIndex) : null);
  }

  /** Offers until when to snooze it, or what of it to mute. @param {"snooze" | "mute"} what */
  offer(what) {
    this.equip();
    const menu = this.#parts[what];
    if (menu.hidden) return;
    // Where its acts are behind a button, they are shown first.
    if (this.#parts.more?.checkVisibility()) this.#parts.acts.showPopover();
    menu.open = true;
    menu.querySelector("button")?.focus();
  }

  /** Whether the earlier ones of its thread are shown; null: there are none. */
  get isUnfolded() {
    const { fold } = this.#parts;
    return fold && !fold.hidden ? fold.open : null;
  }

  /**
   * @param {Inbox.Drawn | Inbox.Notification} notification
   * @param {number} nowMs
   * @param {Omit<Inbox.Folded<Inbox.Drawn | Inbox.Notification>, "one">} [fold]
   */
  show(notification, nowMs, fold = ALONE) {
    const { time } = this.#parts;
    const { earlier, isOpen, under } = fold;
    const isKnown = this.#drawn === notification && this.#words === place.words;
    const isAlone = !earlier.length && (this.#parts.fold?.hidden ?? true) && this.under === (under?.id ?? "");
    // So it is with most rows in most frames, while many arrive.
    if (isKnown && isAlone && Math.abs(nowMs - this.#toldAt) < AGE_MS) return;
    this.#toldAt = nowMs;
    const all = heldBy(notification, fold);
    const isUnread = all.some(({ read_at }) => !read_at);
    this.#isSaved = all.every(({ saved_at }) => saved_at);
    this.ids = all.map(({ id }) => id);
    this.under = under?.id ?? "";
    this.day = (under ?? notification).arrived_at;
    const how = [isUnread, this.#isSaved, all.length, earlier.length, this.under].join();
    const isSame = isKnown && this.#fold === how;
    this.#fold = how;
    if (!isSame) {
      this.#draw(notification, isUnread);
      this.#showFold(earlier.length, isOpen, notification.title);
    }
    say(time, this.#isWhole || under ? relativeTime(time.dateTime, nowMs) : ageInDay(time.dateTime, nowMs));
  }

  /** @param {number} count @param {boolean} isOpen @param {string} title */
  #showFold(count, isOpen, title) {
    this.node.classList.toggle("nb-earlier", Boolean(this.under));
    if (count && this.#later?.fold && !this.#parts.fold) {
      this.#parts.line?.after(this.#later.fold.cloneNode(true));
      this.#parts = partsOf(this.node);
    }
    const { fold } = this.#parts;
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
    const { title, state, more, pick, time, line } = this.#parts;
    const count = this.ids.length;
    if (this.id !== notification.id) this.#becomes(notification.id);
    this.node.classList.toggle("unread", isUnread);
    say(state, isUnread ? TEXT.isUnread : "");
    const address = place.addressOf(notification.id);
    if (title.getAttribute("href") !== address) title.href = address;
    if (title.textContent !== notification.title) title.replaceChildren(...this.#marked(notification.title));
    if (more) moreButton(notification.title, more);
    if (pick) pick.ariaLabel = `${ofAll(TEXT.select, count)}: ${notification.title}`;
    this.#showSnooze(notification);
    // One that the server drew is not known whole until it changes.
    if ("level" in notification && this.#shown !== versionOf(notification)) this.#showContent(notification);
    this.#showButtons();
    if (this.#words !== place.words) this.#mark();
    this.node.classList.toggle("nb-bare", line?.textContent.trim() === "");
    time.title = absoluteTime(time.dateTime);
  }

  /** @param {string} id */
  #becomes(id) {
    const { heading, line, more, pick, acts } = this.#parts;
    this.node.dataset.id = id;
    if (this.#isWhole || !line || !more) return;
    this.node.id = `n-${id}`;
    heading.id = `title-${id}`;
    line.id = `line-${id}`;
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
    const { level, arrived_at, body, body_truncated, actions } = notification;
    this.#shown = versionOf(notification);
    const parts = this.#parts;
    this.node.dataset.level = level;
    const picture = avatar(notification);
    parts.avatar.replaceWith(picture);
    parts.avatar = picture;
    parts.level.textContent = levelText(level);
    parts.about.replaceChildren(...about(notification, labels, this.#marked));
    parts.time.dateTime = arrived_at;
    const text = body + (body_truncated ? "…" : "");
    parts.body.replaceChildren(...(this.#isWhole ? paragraphs(text) : linked(text, { tabIndex: -1, drawn: this.#marked })));
    parts.links.replaceChildren(...actionLinks(actions).map((link) => Object.assign(link, { tabIndex: this.#tabIndex })));
  }

  /** What of a notification a button mutes, if it does that. @param {Inbox.Drawn} notification @param {string} op */
  static muteOf(notification, op) {
    return "level" in notification ? mutesOf(/** @type {Inbox.Notification} */ (notification), labels).find(({ kind }) => op === `mute-${kind}`) : undefined;
  }

  get #tabIndex() {
    return this.#isStop ? 0 : -1;
  }

  /** Whether Tab stops here, and at what can be done here: of all rows, at one. @param {boolean} isStop */
  set isStop(isStop) {
    this.#isStop = isStop;
    // From below it is what comes last in it that Tab goes back to.
    if (isStop) this.equip();
    const tabIndex = this.#tabIndex;
    if (!this.#isWhole) this.node.tabIndex = tabIndex;
    /** @type {NodeListOf<HTMLElement>} */
    const inside = this.node.querySelectorAll(":is(a, button, summary, [name=until], [data-part=pick]):not(.nb-body *)");
    for (const one of inside) one.tabIndex = tabIndex;
  }
}

/** @param {Inbox.Notification} notification */
const versionOf = ({ revision, body_truncated }) => `${revision}${body_truncated}`;
