// A page that nobody sees has no frames; what it says may be asked for.
const AT_LATEST_MS = 200;
// What comes one upon another is drawn together, or drawing it would be all that its page does.
const REST_MS = 100;

/** All that draws on a page does it in the same frames, or each would have it laid out anew. */
class Frames {
  /** @type {Set<() => void>} */
  #draws = new Set();
  #isResting = false;
  #isAwaited = false;
  #frame = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {() => void} draw @param {boolean} isUrgent */
  ask(draw, isUrgent) {
    this.#draws.add(draw);
    if (isUrgent) this.#isResting = false;
    if (this.#isAwaited || this.#isResting) return;
    this.#isAwaited = true;
    clearTimeout(this.#timer);
    this.#frame = requestAnimationFrame(() => this.#drawAll());
    this.#timer = setTimeout(() => this.#drawAll(), AT_LATEST_MS);
  }

  /** Whether it was asked for, and is no longer. @param {() => void} draw */
  take(draw) {
    return this.#draws.delete(draw);
  }

  #drawAll() {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#timer);
    this.#isAwaited = false;
    this.#isResting = true;
    this.#timer = setTimeout(() => this.#rested(), REST_MS);
    for (const draw of [...this.#draws]) if (this.take(draw)) draw();
  }

  #rested() {
    this.#isResting = false;
    for (const draw of this.#draws) this.ask(draw, false);
  }
}

// Not here: two bundles have this module.
const FRAMES = Symbol.for("notifications.frames");
const shared = /** @type {Record<symbol, Frames | undefined>} */ (/** @type {unknown} */ (globalThis));
const frames = (shared[FRAMES] ??= new Frames());

/** Draws what has changed: at the next frame of the screen, or together with what comes within a tenth of a second after one. */
export class OnceAFrame {
  #draw;

  /** @param {() => void} draw */
  constructor(draw) {
    // Its own: others may draw by the same function.
    this.#draw = () => draw();
  }

  ask() {
    frames.ask(this.#draw, false);
  }

  /** Somebody waits for it, who has done something: at the next frame. */
  soon() {
    frames.ask(this.#draw, true);
  }

  /** Does now what was asked for, if anything was: before what is drawn is looked at. */
  now() {
    if (frames.take(this.#draw)) this.#draw();
  }
}
