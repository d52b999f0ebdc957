import { element, say } from "./dom.js";
import { isUnread } from "./inbox-state.js";
import { categoryLabel } from "./appearance.js";
import { absoluteTime, relativeTime } from "./time.js";
import { levelText } from "./words.js";

/** @type {Inbox.RowOp[]} */
const OPS = ["read", "unread", "archive", "restore", "save", "unsave"];

/**
 * How a page draws what is inside a row: by a function, or a template of its own; null: it leaves that to us.
 * @param {Inbox.Bell | Inbox.InlineInbox} host
 * @returns {Inbox.RenderItem | null}
 */
export function drawingOf(host) {
  if (host.renderItem) return host.renderItem;
  const template = host.querySelector(":scope > template[slot=item]");
  return template instanceof HTMLTemplateElement ? (...asked) => fromTemplate(template, ...asked) : null;
}

/** One notification as its page draws it, among the page's own elements: so the page's styles reach it. */
export class OwnRow {
  #options;
  /** @type {Inbox.Notification} */
  #notification;
  #shown = "";
  #content;

  /** @param {Inbox.RowOptions & {host: HTMLElement, draw: Inbox.RenderItem}} options */
  constructor(options) {
    const { host, notification } = options;
    this.#options = options;
    this.#notification = notification;
    const slot = `item-${notification.id}`;
    this.#content = element("div", { className: "nb-own-item", slot });
    this.node = element("li", { className: "nb-own", part: "item" }, element("slot", { name: slot }));
    for (const type of /** @type {const} */ (["click", "auxclick"])) this.#content.addEventListener(type, (event) => this.#clicked(event));
    host.append(this.#content);
  }

  /** @param {Inbox.Notification} notification */
  show(notification) {
    const { client, activation, draw } = this.#options;
    this.#notification = notification;
    const unread = isUnread(notification);
    this.node.part.toggle("item-unread", unread);
    this.#content.toggleAttribute("data-unread", unread);
    this.#content.dataset.level = notification.level;
    const time = relativeTime(notification.arrived_at, client.now());
    const { revision, read_at, archived_at, saved_at, snoozed_until } = notification;
    const shown = [time, revision, read_at, archived_at, saved_at, snoozed_until].join();
    if (shown === this.#shown) return;
    this.#shown = shown;
    const category = categoryLabel(notification.category, activation.labels);
    try {
      this.#content.replaceChildren(draw(notification, { address: activation.addressOf(notification), category, time, unread }));
    } catch (error) {
      // The page's own fault, of which its author is told; the row is there with its title.
      reportError(error);
      this.#content.replaceChildren(notification.title);
    }
  }

  /** All of it is shown already, or as much as the page wants. */
  unfold() {}

  leave() {
    this.#content.remove();
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const { activation, acts } = this.#options;
    const { target } = event;
    if (!(target instanceof Element)) return;
    const said = target.closest("[data-act]")?.getAttribute("data-act");
    const op = OPS.find((one) => one === said);
    if (op && !event.button) return void acts.act(op, [this.#notification.id]);
    if (target.closest("a, [data-open]")) activation.follow(event, this.#notification);
  }
}

/** @type {(template: HTMLTemplateElement, ...asked: Parameters<Inbox.RenderItem>) => Node} */
function fromTemplate(template, notification, { address, category, time, unread }) {
  const content = /** @type {DocumentFragment} */ (document.importNode(template.content, true));
  const { title, body, sender, level, arrived_at, sender_picture, archived_at } = notification;
  /** @type {Record<string, string>} */
  const texts = { title, body, sender: sender ?? "", level: levelText(level), category, time };
  for (const node of content.querySelectorAll("[data-field]")) {
    if (!(node instanceof HTMLElement)) continue;
    const text = texts[node.dataset.field ?? ""] ?? "";
    say(node, text);
    node.dir ||= "auto";
    node.hidden = !text;
    if (node instanceof HTMLTimeElement) Object.assign(node, { dateTime: arrived_at, title: absoluteTime(arrived_at) });
  }
  for (const link of content.querySelectorAll("a[data-link]")) if (address) link.setAttribute("href", address);
  for (const picture of content.querySelectorAll("img[data-picture]")) {
    if (sender_picture) picture.setAttribute("src", sender_picture);
    else picture.remove();
  }
  const useless = [unread ? "unread" : "read", archived_at ? "archive" : "restore"];
  for (const op of useless) for (const button of content.querySelectorAll(`[data-act=${op}]`)) button.remove();
  return content;
}
