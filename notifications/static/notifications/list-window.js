/** What of a long list is alive, and that it stands still for its reader while rows come and go above. */

// As many rows as are alive at most, and how many are left then: it is not to begin again at once.
const MOST = 200;
const LEFT = 150;

/**
 * Those around the one that is looked at, where they have too many rows: as many above it as below, as far as there are.
 * @template One
 * @param {One[]} all
 * @param {number} centre
 * @param {(one: One) => number} rowsIn
 * @returns {One[]}
 */
export function around(all, centre, rowsIn) {
  const sizes = all.map(rowsIn);
  if (sizes.reduce((sum, size) => sum + size, 0) <= MOST) return all;
  let [from, to, above, below] = [centre, centre, 0, 0];
  while (from > 0 || to < all.length) {
    const isUp = to === all.length || (from > 0 && above < below);
    const size = sizes[isUp ? from - 1 : to];
    // The one that is looked at stays, however many it has.
    if (to > centre && above + below + size > LEFT) break;
    if (isUp) [from, above] = [from - 1, above + size];
    else [to, below] = [to + 1, below + size];
  }
  return all.slice(from, to);
}

/** The first row that is on the screen, or the last one if all are above it. @param {Inbox.Row[]} rows in their order */
export function topRow(rows) {
  let [from, to] = [0, rows.length - 1];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (rows[middle].node.getBoundingClientRect().bottom > 0) to = middle;
    else from = middle + 1;
  }
  return rows[from];
}

/** Keeps a row where it is on the screen while the list is drawn, in which it stays. @param {Inbox.Row | undefined} row @param {() => void} draw */
export function heldStill(row, draw) {
  const top = () => row?.node.getBoundingClientRect().top ?? 0;
  const before = top();
  draw();
  const by = top() - before;
  if (by) scrollBy({ top: by, behavior: "instant" });
}
