/** What a notification's row is made of, wherever it stands: as the templates draw it. */
import { categoryLabel, hue, initials } from "./appearance.js";
import { element } from "./dom.js";
import { icon } from "./icons.js";
import { pieces } from "./links.js";
import { TEXT, ofAll } from "./words.js";

const SKELETONS = 3;

/** A text as it stands. @type {(text: string) => (string | Node)[]} */
const plain = (text) => [text];

/**
 * The sender's picture, or initials in a colour of their own, or the icon of the level.
 * @param {Pick<Inbox.Notification, "sender" | "sender_picture" | "level">} notification
 */
export function avatar({ sender, sender_picture, level }) {
  const letters = initials(sender ?? "");
  const isSomebody = Boolean(letters || sender_picture);
  const node = element("span", { className: isSomebody ? `nb-avatar nb-hue-${hue(sender ?? "")}` : "nb-avatar", ariaHidden: "true" });
  node.dataset.part = "avatar";
  node.append(isSomebody ? letters : icon(level));
  if (sender_picture) node.append(element("img", { alt: "", decoding: "async", src: sender_picture }));
  doWithoutPicture(node);
  return node;
}

/** A picture that cannot be had leaves the initials. @param {HTMLElement} node around an avatar */
export function doWithoutPicture(node) {
  const picture = node.querySelector("img");
  if (picture?.complete && picture.src && !picture.naturalWidth) picture.remove();
  else picture?.addEventListener("error", () => picture.remove());
}

/**
 * Who says it, and of what sort it is.
 * @param {Pick<Inbox.Notification, "sender" | "category">} notification
 * @param {Record<string, string>} labels
 * @param {(text: string) => (string | Node)[]} [drawn]
 */
export function about({ sender, category }, labels, drawn = plain) {
  const label = categoryLabel(category, labels);
  const name = sender ? [element("bdi", { translate: false }, ...drawn(sender))] : [];
  return [...name, sender && label ? ` · ${label}` : label];
}

/**
 * A text with its web addresses as links.
 * @param {string} text
 * @param {{tabIndex?: number, drawn?: (text: string) => (string | Node)[]}} [options] tabIndex: of the links
 */
export function linked(text, { tabIndex, drawn = plain } = {}) {
  return pieces(text).flatMap((piece) => {
    if (!piece.isAddress) return drawn(piece.text);
    const link = element("a", { href: piece.text, rel: "noopener noreferrer nofollow", dir: "ltr" }, ...drawn(piece.text));
    return tabIndex === undefined ? link : Object.assign(link, { tabIndex });
  });
}

/** The whole of a body: paragraphs where lines are left blank. @param {string} text */
export function paragraphs(text) {
  const blocks = text.replaceAll("\r\n", "\n").split("\n\n").filter((block) => block.trim());
  return blocks.map((block) => {
    const lines = block.replace(/^\n+|\n+$/g, "").split("\n");
    return element("p", {}, ...lines.flatMap((line, at) => (at ? [element("br"), ...linked(line)] : linked(line))));
  });
}

/** A notification's own actions. @param {Inbox.Notification["actions"]} actions */
export const actionLinks = (actions) =>
  actions.map(({ label, url }) => element("a", { className: "nb-link", href: url, rel: "noopener noreferrer", dir: "auto", textContent: label }));

/**
 * Makes a button or a link into an act on a notification: an icon, whose name is told when it is
 * pointed at or has the focus. There are many such: the name goes on with what it acts on.
 * @template {HTMLElement} Kind
 * @param {Kind} node
 * @param {string} name of the icon
 * @param {string} what
 * @param {string} title
 */
export function labelled(node, name, what, title) {
  if (node.ariaLabel === `${what}: ${title}`) return node;
  node.classList.add("nb-act");
  // Of two texts side by side, each placed by itself, browsers would make "Archive : Hello".
  node.ariaLabel = `${what}: ${title}`;
  // With its icon already.
  if (node.lastElementChild?.textContent === what) return node;
  node.replaceChildren(icon(name), element("span", { className: "nb-tip", textContent: what }));
  return node;
}

/** Makes a button into what does this with so many. @param {HTMLButtonElement} button @param {Inbox.RowOp} op @param {string} title @param {number} count */
export function acting(button, op, title, count) {
  if (button.value !== op) button.value = op;
  labelled(button, op, ofAll(TEXT[op], count), title);
}

/** The button that opens a row's acts where nothing can be pointed at. @param {string} title @param {HTMLButtonElement} [node] */
export function moreButton(title, node = element("button", { type: "button" })) {
  if (node.ariaLabel === `${TEXT.actions}: ${title}`) return node;
  node.classList.add("nb-more");
  node.ariaLabel = `${TEXT.actions}: ${title}`;
  node.replaceChildren(icon("more"));
  return node;
}

/** What stands where rows are still to come. */
export const skeletons = () =>
  element(
    "div",
    { className: "loading" },
    element("span", { className: "hidden", textContent: TEXT.loading }),
    ...Array.from({ length: SKELETONS }, () => element("div", { className: "skeleton" })),
  );
