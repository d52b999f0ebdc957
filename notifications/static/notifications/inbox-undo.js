import { element } from "./dom.js";
import { TEXT } from "./words.js";

const SHOWN_MS = 10_000;

/** Says for a while what was done, and takes it back. What was done stays undoable in its listing. */
export class UndoBar {
  /** @type {(() => unknown) | null} */
  #undo = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #text = element("span", { role: "status" });
  #button = element("button", { type: "button", textContent: TEXT.undo });
  node = element("div", { className: "undo", hidden: true }, this.#text, this.#button);

  constructor() {
    this.#button.addEventListener("click", () => this.undo());
    for (const type of ["pointerenter", "focusin"]) this.node.addEventListener(type, () => clearTimeout(this.#timer));
    for (const type of ["pointerleave", "focusout"]) this.node.addEventListener(type, () => this.#wait());
  }

  /** Returns what takes the offer back. @param {string} text @param {() => unknown} undo */
  offer(text, undo) {
    this.#undo = undo;
    this.node.hidden = false;
    this.#text.textContent = text;
    this.#wait();
    return undo;
  }

  undo() {
    const undo = this.#undo;
    this.hide();
    undo?.();
  }

  /** @param {() => unknown} [offered] only while it is this one */
  hide(offered) {
    if (offered && offered !== this.#undo) return;
    this.#undo = null;
    clearTimeout(this.#timer);
    this.node.hidden = true;
    this.#text.textContent = "";
  }

  #wait() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.hide(), SHOWN_MS);
  }
}
