/** Notifications of one thread stand in the row of the newest of them: the twin of threads.py. No DOM. */

// One act takes all of them; those beyond are in the next row.
const MOST = 100;

/** What stands alone in its row. @type {{earlier: never[], isOpen: boolean, under: null}} */
export const ALONE = { earlier: [], isOpen: false, under: null };

export class Threads {
  /** Those whose earlier ones have rows of their own. @type {Set<string>} */
  #open = new Set();

  /**
   * @template {Inbox.Drawn} One
   * @param {One[]} all newest first
   * @param {boolean} [isFlat] each by itself
   * @returns {Inbox.Folded<One>[]}
   */
  folds(all, isFlat = false) {
    /** @type {Map<string, Inbox.Folded<One>>} */
    const threads = new Map();
    /** @type {Inbox.Folded<One>[]} */
    const folds = [];
    for (const one of all) {
      const thread = (!isFlat && one.thread) || "";
      const known = threads.get(thread);
      if (known && known.earlier.length < MOST - 1) {
        known.earlier.push(one);
        known.isOpen = this.#open.has(thread);
        continue;
      }
      folds.push({ ...ALONE, one, earlier: [] });
      if (thread) threads.set(thread, folds[folds.length - 1]);
    }
    return folds;
  }

  /** @param {string | null | undefined} thread @param {boolean} isOpen */
  set(thread, isOpen) {
    if (!thread) return;
    if (isOpen) this.#open.add(thread);
    else this.#open.delete(thread);
  }
}

/** With what a row's acts do something: all that is folded into it. @template One @param {One} one @param {{earlier: One[], isOpen: boolean}} fold @returns {One[]} */
export const heldBy = (one, { earlier, isOpen }) => (isOpen ? [one] : [one, ...earlier]);

/** With those that have rows of their own. @template One @param {Inbox.Folded<One>[]} folds @returns {Inbox.Folded<One>[]} */
export const rowsOf = (folds) =>
  folds.flatMap((fold) => (fold.isOpen ? [fold, ...fold.earlier.map((one) => ({ ...ALONE, one, under: fold.one }))] : [fold]));
