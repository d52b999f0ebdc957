// A page that nobody sees has no frames; what it says may be asked for.
const AT_LATEST_MS = 200;
// What comes one upon another is drawn together, or drawing it would be all that its page does: the
// longer it goes on, the more of it.
const REST_MS = 100;
const LONGEST_REST_MS = 400;

/** All that draws on a page does it in the same frames, or each would have it laid out anew. */
class Frames {
  /** @type {Set<() => void>} */
  #draws = new Set();
  #isResting = false;
  #isAwaited = false;
  #restMs = REST_MS;
  #frame = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {() => void} draw @param {boolean} [isUrgent] there is no rest before it */
  ask(draw, isUrgent = false) {
    this.#draws.add(draw);
    if (isUrgent) this.#isResting = false;
    if (this.#isAwaited || this.#isResting) return;
    this.#isAwaited = true;
    clearTimeout(this.#timer);
    this.#frame = requestAnimationFrame(() => this.#drawAll());
    this.#timer = setTimeout(() => this.#drawAll(), AT_LATEST_MS);
  }

  /** What comes from here on comes by itself. */
  beginAnew() {
    this.#restMs = REST_MS;
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
    this.#timer = setTimeout(() => this.#rested(), this.#restMs);
    for (const draw of [...this.#draws]) if (this.take(draw)) draw();
  }

  #rested() {
    this.#isResting = false;
    this.#restMs = this.#draws.size ? Math.min(2 * this.#restMs, LONGEST_REST_MS) : REST_MS;
    for (const draw of this.#draws) this.ask(draw);
  }
}

// Not here: two bundles have this module.
const FRAMES = Symbol.for("notifications.frames");
const shared = /** @type {Record<symbol, Frames | undefined>} */ (/** @type {unknown} */ (globalThis));
const frames = (shared[FRAMES] ??= new Frames());

/** Draws what has changed: at the next frame of the screen, or together with what comes while all rest after one. */
export class OnceAFrame {
  #draw;

  /** @param {() => void} draw */
  constructor(draw) {
    // Its own: others may draw by the same function.
    this.#draw = () => draw();
  }

  ask() {
    frames.ask(this.#draw);
  }

  /** At the next frame, and after it all rest as long as before. */
  goOn() {
    frames.ask(this.#draw, true);
  }

  /** Somebody has done something and waits for it: at the next frame, and what comes after is no burst. */
  soon() {
    frames.beginAnew();
    this.goOn();
  }

  /** Does now what was asked for, if anything was: before what is drawn is looked at. */
  now() {
    if (frames.take(this.#draw)) this.#draw();
  }
}
