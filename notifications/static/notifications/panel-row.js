import { element } from "./dom.js";
import { isUnread } from "./inbox-state.js";
import { absoluteTime, relativeTime } from "./time.js";
import { act } from "./undoing.js";
import { TEXT, levelText } from "./words.js";

/** One notification in the panel of a bell: a link, or where it leads nowhere one that unfolds. */
export class PanelRow {
  #client;
  #activation;
  /** @type {Inbox.Notification} */
  #notification;
  /** The revision of the notification whose content is shown. */
  #shownAt = -1;
  /** The revision of the notification whose whole text is shown. */
  #wholeAt = -1;
  /** @type {HTMLAnchorElement | HTMLButtonElement} */
  #title = element("a", { className: "title", dir: "auto" });
  #state = element("span", { className: "hidden" });
  #body = element("p", { className: "body", dir: "auto" });
  #links = element("div", { className: "links", hidden: true });
  #level = element("span", { className: "level" });
  #time = element("time");
  #toggle;
  #archive;

  /** @param {{client: Inbox.Client, activation: Inbox.Activation, undo: Inbox.UndoBar, notification: Inbox.Notification}} options */
  constructor({ client, activation, undo, notification }) {
    this.#notification = notification;
    this.#client = client;
    this.#activation = activation;
    this.#toggle = actButton(() => act(client, undo, isUnread(this.#notification) ? "read" : "unread", this.#notification));
    this.#archive = actButton(() => act(client, undo, "archive", this.#notification));
    const meta = element("div", { className: "meta" }, this.#level, this.#time, element("span", { className: "acts" }, this.#toggle.node, this.#archive.node));
    this.node = element("li", {}, this.#title, this.#state, this.#body, this.#links, meta);
    activation.watch(this.#links, () => this.#notification);
    this.#watchTitle();
  }

  get #isUnfolded() {
    return !this.#links.hidden;
  }

  /** @param {Inbox.Notification} notification */
  show(notification) {
    const hasChanged = this.#shownAt !== notification.revision;
    this.#shownAt = notification.revision;
    this.#notification = notification;
    const unread = isUnread(notification);
    this.node.className = unread ? "unread" : "";
    this.node.dataset.level = notification.level;
    if (hasChanged) this.#showContent(notification);
    this.#state.textContent = unread ? ", unread" : "";
    this.#level.textContent = levelText(notification.level);
    this.#time.dateTime = notification.arrived_at;
    this.#time.title = absoluteTime(notification.arrived_at);
    this.#time.textContent = relativeTime(notification.arrived_at, this.#client.now());
    this.#toggle.label(unread ? TEXT.read : TEXT.unread, notification.title);
    this.#archive.label(TEXT.archive, notification.title);
  }

  /** Shows all of it. */
  async unfold(isUnfolded = true) {
    this.#links.hidden = !isUnfolded;
    this.#body.classList.toggle("whole", isUnfolded);
    this.#title.ariaExpanded = String(isUnfolded);
    const { id, revision, body_truncated } = this.#notification;
    if (!isUnfolded || !body_truncated || this.#wholeAt === revision) return;
    const whole = await this.#activation.whole(id).catch(() => null);
    if (!whole || this.#notification.revision !== revision) return;
    this.#wholeAt = revision;
    this.#body.innerText = whole.body;
  }

  /** @param {Inbox.Notification} notification */
  #showContent({ title, body, body_truncated, actions }) {
    const address = this.#activation.addressOf(this.#notification);
    this.#becomes(address === null ? "button" : "a");
    if (address !== null) this.#title.setAttribute("href", address);
    this.#title.textContent = title;
    this.#body.innerText = body + (body_truncated ? "…" : "");
    const links = actions.map(({ label, url }) => element("a", { href: url, rel: "noopener noreferrer", textContent: label }));
    this.#links.replaceChildren(...links);
    if (this.#isUnfolded) this.unfold();
  }

  /** An edit may have given it an address, or taken it. @param {"a" | "button"} tag */
  #becomes(tag) {
    if (this.#title.localName === tag) return;
    const title = element(tag, { className: "title", dir: "auto", ...(tag === "button" && { type: "button", ariaExpanded: "false" }) });
    this.#title.replaceWith(title);
    this.#title = title;
    this.#watchTitle();
    if (tag === "a") this.unfold(false);
  }

  #watchTitle() {
    const unfolds = this.#title.localName === "button";
    this.#activation.watch(this.#title, () => this.#notification, () => unfolds && this.unfold(!this.#isUnfolded));
  }
}

/** There are many such buttons: the name of each goes on with what it acts on. @param {() => void} onClick */
function actButton(onClick) {
  const about = element("span", { className: "hidden" });
  const text = element("span");
  const node = element("button", { type: "button" }, text, about);
  node.addEventListener("click", onClick);
  /** @param {string} what @param {string} title */
  const label = (what, title) => {
    text.textContent = what;
    about.textContent = `: ${title}`;
  };
  return { node, label };
}
