/** What of a long list is alive, and that it stands still for its reader while rows come and go above. */

// As many rows as are alive at most, and how many are left then: it is not to begin again at once.
const MOST = 200;
const LEFT = 150;

/** Those around the row that is looked at, where there are too many. @template One @param {One[]} all @param {number} centre @returns {One[]} */
export function around(all, centre) {
  if (all.length <= MOST) return all;
  const from = Math.max(0, Math.min(centre - LEFT / 2, all.length - LEFT));
  return all.slice(from, from + LEFT);
}

/** The first row that is on the screen. @param {Inbox.Row[]} rows in their order */
export function topRow(rows) {
  let [from, to] = [0, rows.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (rows[middle].node.getBoundingClientRect().bottom > 0) to = middle;
    else from = middle + 1;
  }
  return rows[from];
}

/** Keeps a row where it is on the screen while the list is drawn. @param {Inbox.Row | undefined} row @param {() => void} draw */
export function heldStill(row, draw) {
  const before = row?.node.getBoundingClientRect().top ?? 0;
  draw();
  const by = row?.node.isConnected ? row.node.getBoundingClientRect().top - before : 0;
  if (by) scrollBy({ top: by, behavior: "instant" });
}
