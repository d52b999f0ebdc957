import { part } from "./dom.js";

/** The parts of a row, by their names in _row.html. @param {HTMLElement} node */
export function partsOf(node) {
  /** @template {HTMLElement} Kind @param {string} name @param {new () => Kind} kind */
  const named = (name, kind) => part(node, `[data-part=${name}]`, kind);
  /** @type {HTMLElement | null} */
  const line = node.querySelector("[data-part=line]");
  /** @type {HTMLButtonElement | null} */
  const more = node.querySelector("[data-part=more]");
  /** @type {HTMLDetailsElement | null} */
  const fold = node.querySelector("[data-part=fold]");
  /** @type {HTMLInputElement | null} */
  const pick = node.querySelector("[data-part=pick]");
  return {
    pick,
    // All of one has no second line, and shows its acts.
    line,
    more,
    fold,
    heading: named("heading", HTMLHeadingElement),
    title: named("title", HTMLAnchorElement),
    state: named("state", HTMLElement),
    level: named("level", HTMLElement),
    about: named("about", HTMLElement),
    time: named("time", HTMLTimeElement),
    body: named("body", HTMLElement),
    links: named("links", HTMLElement),
    acts: named("acts", HTMLElement),
    open: named("open", HTMLAnchorElement),
    id: named("id", HTMLInputElement),
    toggle: part(node, "[data-act=toggle]", HTMLButtonElement),
    move: part(node, "[data-act=move]", HTMLButtonElement),
    snoozed: named("snoozed", HTMLElement),
    wake: part(node, "[data-act=wake]", HTMLButtonElement),
    save: part(node, "[data-act=save]", HTMLButtonElement),
    snooze: named("snooze", HTMLDetailsElement),
    mute: named("mute", HTMLDetailsElement),
  };
}
