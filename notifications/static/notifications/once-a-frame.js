// A page that nobody sees has no frames; what it says may be asked for.
const AT_LATEST_MS = 200;

/** Draws what has changed, however often that is asked for, once for each frame of the screen. */
export class OnceAFrame {
  #draw;
  #isAsked = false;
  #frame = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {() => void} draw */
  constructor(draw) {
    this.#draw = draw;
  }

  ask() {
    if (this.#isAsked) return;
    this.#isAsked = true;
    this.#frame = requestAnimationFrame(() => this.now());
    this.#timer = setTimeout(() => this.now(), AT_LATEST_MS);
  }

  /** Does now what was asked for, if anything was: before what is drawn is looked at. */
  now() {
    if (!this.#isAsked) return;
    this.#isAsked = false;
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#timer);
    this.#draw();
  }
}
