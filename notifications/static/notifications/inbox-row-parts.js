/** The parts of a row, by their names in its template: as many as are there by now. @param {HTMLElement} node */
export function partsOf(node) {
  /** @type {NodeListOf<HTMLElement>} */
  const all = node.querySelectorAll("[data-part], [data-act]");
  const named = Object.fromEntries([...all].map((one) => [one.dataset.part ?? one.dataset.act, one]));
  return /** @type {Inbox.RowParts} */ (/** @type {unknown} */ (named));
}
