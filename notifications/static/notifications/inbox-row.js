import { element, part } from "./dom.js";
import { absoluteTime, relativeTime, zonedTime } from "./time.js";
import { TEXT, levelText } from "./words.js";

/** One notification of the inbox page, as _row.html draws it. */
export class InboxRow {
  #parts;

  /** @param {HTMLElement} node */
  constructor(node) {
    this.node = node;
    this.#parts = partsOf(node);
    node.tabIndex = 0;
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
    const { revision, arrived, seen, archived, snoozed = null, saved } = this.node.dataset;
    const at = this.time;
    return {
      id: this.id,
      revision: Number(revision),
      arrived_revision: Number(arrived),
      arrived_at: at,
      title: this.#parts.title.textContent,
      seen_at: seen === undefined ? null : at,
      read_at: this.isUnread ? null : at,
      archived_at: archived === undefined ? null : at,
      snoozed_until: snoozed,
      saved_at: saved === undefined ? null : at,
    };
  }

  get isSaved() {
    return this.#parts.save.value === "unsave";
  }

  open() {
    this.#parts.title.click();
  }

  /** Offers until when. */
  snooze() {
    const { snooze } = this.#parts;
    if (snooze.hidden) return;
    snooze.open = true;
    snooze.querySelector("button")?.focus();
  }

  /** @param {Inbox.Drawn | Inbox.Notification} notification @param {number} nowMs */
  show(notification, nowMs) {
    const { heading, title, state, toggle, move } = this.#parts;
    const { id } = notification;
    const isUnread = !notification.read_at;
    this.node.dataset.id = this.#parts.id.value = id;
    this.node.classList.toggle("unread", isUnread);
    heading.id = `title-${id}`;
    this.node.setAttribute("aria-labelledby", heading.id);
    title.href = `${location.pathname}${encodeURIComponent(id)}/`;
    title.textContent = notification.title;
    state.textContent = isUnread ? ", unread" : "";
    label(toggle, isUnread ? "read" : "unread", notification.title);
    label(move, notification.archived_at ? "restore" : "archive", notification.title);
    const { wake, save, snooze } = this.#parts;
    wake.hidden = !notification.snoozed_until;
    snooze.hidden = notification.archived_at !== null;
    label(save, notification.saved_at ? "unsave" : "save", notification.title);
    for (const node of [wake, snooze]) part(node, ".visually-hidden", HTMLElement).textContent = `: ${notification.title}`;
    this.#showSnooze(notification);
    // One that the server drew is not known whole until it changes.
    if ("level" in notification) this.#showContent(notification);
    const { time } = this.#parts;
    time.title = absoluteTime(time.dateTime);
    time.textContent = relativeTime(time.dateTime, nowMs);
  }

  /** @param {Inbox.Drawn | Inbox.Notification} notification */
  #showSnooze(notification) {
    const { snoozed } = this.#parts;
    const { snoozed_until: until } = notification;
    const at = until && element("time", { dateTime: until, title: absoluteTime(until), textContent: zonedTime(until) });
    if (at) snoozed.replaceChildren(TEXT.until, at);
    // One that the server drew may have woken, and says so.
    else if ("woken" in notification) snoozed.textContent = notification.woken ? TEXT.snoozed : "";
    else if (snoozed.querySelector("time")) snoozed.textContent = "";
  }

  /** @param {Inbox.Notification} notification */
  #showContent({ title, level, category, sender, arrived_at, body, body_truncated, actions, url }) {
    this.node.dataset.level = level;
    this.#parts.level.textContent = levelText(level);
    this.#parts.about.textContent = [category, sender].filter(Boolean).join(" · ");
    this.#parts.time.dateTime = arrived_at;
    this.#parts.body.innerText = body + (body_truncated ? "…" : "");
    const links = actions.map((action) => linkTo(action.url, action.label));
    if (url) links.push(linkTo(url, TEXT.open, hidden(title)));
    this.#parts.links.replaceChildren(...links);
  }
}

/** The parts of a row, by their names in _row.html. @param {HTMLElement} node */
function partsOf(node) {
  /** @template {HTMLElement} Kind @param {string} name @param {new () => Kind} kind */
  const named = (name, kind) => part(node, `[data-part=${name}]`, kind);
  return {
    heading: named("heading", HTMLHeadingElement),
    title: named("title", HTMLAnchorElement),
    state: named("state", HTMLElement),
    level: named("level", HTMLElement),
    about: named("about", HTMLElement),
    time: named("time", HTMLTimeElement),
    body: named("body", HTMLElement),
    links: named("links", HTMLElement),
    id: named("id", HTMLInputElement),
    toggle: part(node, "form button", HTMLButtonElement),
    move: part(node, "form button ~ button", HTMLButtonElement),
    snoozed: named("snoozed", HTMLElement),
    wake: named("wake", HTMLButtonElement),
    save: named("save", HTMLButtonElement),
    snooze: named("snooze", HTMLDetailsElement),
  };
}

/** @param {string} title */
const hidden = (title) => element("span", { className: "visually-hidden", textContent: `: ${title}` });

/** @param {string} href @param {(Node | string)[]} children */
const linkTo = (href, ...children) => element("a", { className: "button", href, rel: "noopener noreferrer" }, ...children);

/** @param {HTMLButtonElement} button @param {Inbox.RowOp} op @param {string} title */
function label(button, op, title) {
  button.value = op;
  button.replaceChildren(TEXT[op], hidden(title));
}
