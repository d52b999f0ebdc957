/** What an icon does is told where it is pointed at or has the focus. Escape takes that away, and moves neither. */

const TOLD = ".nb-act:is(:hover, :focus-visible)";
const DISMISSED = "nb-dismissed";

/** For all there are on the page, shadow roots included, however often it is asked for. */
export function dismissTips() {
  // Before whoever else hears of it: what closes by the same press may be left by the pointer then.
  document.addEventListener("keydown", pressed, { capture: true });
}

/** @param {KeyboardEvent} event */
function pressed({ key }) {
  if (key === "Escape") told(document).forEach(dismiss);
}

/** @param {Document | ShadowRoot} root @returns {HTMLElement[]} */
function told(root) {
  /** @type {NodeListOf<HTMLElement>} */
  const acts = root.querySelectorAll(TOLD);
  const inside = [...root.querySelectorAll(":is(:hover, :focus-within)")].flatMap(({ shadowRoot }) => (shadowRoot ? told(shadowRoot) : []));
  return [...acts, ...inside];
}

/** Until it is left, and pointed at again. @param {HTMLElement} act */
function dismiss(act) {
  act.classList.add(DISMISSED);
  act.onpointerleave = act.onblur = () => act.matches(TOLD) || act.classList.remove(DISMISSED);
}
