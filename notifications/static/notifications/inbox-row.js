import { element } from "./dom.js";
import { absoluteTime, relativeTime } from "./time.js";
import { TEXT, levelText } from "./words.js";

/** One notification of the inbox page, as _row.html draws it. */
export class InboxRow {
  #parts;

  constructor(node) {
    this.node = node;
    const [toggle, move] = node.querySelectorAll("form button");
    this.#parts = { toggle, move };
    for (const part of node.querySelectorAll("[data-part]")) this.#parts[part.dataset.part] = part;
    node.tabIndex = 0;
  }

  get id() {
    return this.node.dataset.id;
  }

  get time() {
    return this.#parts.time.dateTime;
  }

  get isUnread() {
    return this.node.classList.contains("unread");
  }

  /** As far as the server's row says what it shows. */
  read() {
    const { id, revision, arrived, seen, archived } = this.node.dataset;
    const at = this.time;
    return {
      id,
      revision: Number(revision),
      arrived_revision: Number(arrived),
      arrived_at: at,
      title: this.#parts.title.textContent,
      seen_at: seen === undefined ? null : at,
      read_at: this.isUnread ? null : at,
      archived_at: archived === undefined ? null : at,
      snoozed_until: null,
    };
  }

  open() {
    this.#parts.title.click();
  }

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
    // One that the server drew is not known whole until it changes.
    if (notification.level) this.#showContent(notification);
    const { time } = this.#parts;
    time.title = absoluteTime(time.dateTime);
    time.textContent = relativeTime(time.dateTime, nowMs);
  }

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

const hidden = (title) => element("span", { className: "visually-hidden", textContent: `: ${title}` });

const linkTo = (href, ...children) => element("a", { className: "button", href, rel: "noopener noreferrer" }, ...children);

function label(button, op, title) {
  button.value = op;
  button.replaceChildren(TEXT[op], hidden(title));
}
