/** What the attributes of our elements may say, and what holds where they say nothing, or nothing that can be. */

/** The first of them holds then. @type {Record<string, string[]>} */
const WORDS = {
  badge: ["unread", "unseen", "dot", "none"],
  sound: ["auto", "off", "on"],
  theme: ["auto", "light", "dark"],
  toasts: ["on", "off"],
  "toast-position": ["bottom-end", "bottom-start", "bottom-center", "top-end", "top-start", "top-center"],
  transport: ["auto", "ws", "sse", "poll"],
};
/** What holds, the least and the most. @type {Record<string, [number, number, number]>} */
const NUMBERS = {
  limit: [10, 1, 50],
  max: [99, 1, 9_999],
  revision: [0, 0, Number.MAX_SAFE_INTEGER],
  "toast-duration": [8_000, 1_000, 3_600_000],
  unread: [0, 0, Number.MAX_SAFE_INTEGER],
  unseen: [0, 0, Number.MAX_SAFE_INTEGER],
};
/** @type {Record<string, string | null>} */
const ADDRESSES = { src: "/api/v1/", "token-url": null, "inbox-url": null };
// Each is told once, however often it is looked at.
const told = new Set();

/** @param {Element} element @param {string} name @returns {string} */
export function word(element, name) {
  const [otherwise] = WORDS[name];
  return said(element, name, otherwise, (text) => WORDS[name].includes(text), `one of ${WORDS[name].join(", ")}`);
}

/** @param {Element} element @param {string} name */
export function number(element, name) {
  const [otherwise, least, most] = NUMBERS[name];
  const text = said(element, name, `${otherwise}`, (one) => /^\d+$/.test(one) && +one >= least && +one <= most, `a number from ${least} to ${most}`);
  return Number(text);
}

/** An address of the web, as it is written; null: none. @param {Element} element @param {string} name */
export function address(element, name) {
  /** @param {string} text */
  const isPossible = (text) => URL.canParse(text, document.baseURI) && new URL(text, document.baseURI).protocol.startsWith("http");
  return said(element, name, ADDRESSES[name], isPossible, "an address of the web");
}

/** Tells the page's author of a value that cannot be, before anybody asks for it. @param {Element} element @param {string} name */
export function look(element, name) {
  const read = name in WORDS ? word : name in NUMBERS ? number : name in ADDRESSES ? address : null;
  read?.(element, name);
}

/**
 * @template {string | null} Otherwise
 * @param {Element} element
 * @param {string} name
 * @param {Otherwise} otherwise
 * @param {(text: string) => boolean} isPossible
 * @param {string} wanted
 * @returns {string | Otherwise}
 */
function said(element, name, otherwise, isPossible, wanted) {
  const text = element.getAttribute(name);
  if (text === null || isPossible(text)) return text ?? otherwise;
  const problem = `<${element.localName} ${name}="${text}">: this takes ${wanted}. ${otherwise ?? "None"} is used.`;
  if (!told.has(problem)) console.warn(problem);
  told.add(problem);
  return otherwise;
}
