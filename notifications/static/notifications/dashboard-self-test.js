/** Sends whoever looks a notification of their own, and shows how far it has come. */
import { element, part, say } from "./dom.js";
import { gettext } from "./gettext.js";
import { zonedTime } from "./time.js";

const EVERY_MS = 500;

export class SelfTest {
  #root;
  #form;
  #button;
  #shown;
  #clock;
  /** The test that is followed: of an older one nothing is shown any more. */
  #id = "";

  /** @param {HTMLElement} root @param {Inbox.Clock} clock */
  constructor(root, clock) {
    this.#root = root;
    this.#clock = clock;
    this.#form = part(root, "[data-self-test]", HTMLFormElement);
    this.#button = part(this.#form, "button", HTMLButtonElement);
    this.#shown = part(root, "[data-test]", HTMLElement);
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    const id = this.#shown.dataset.test;
    if (id) this.#follow(id);
  }

  async #send() {
    if (this.#button.ariaDisabled === "true") return;
    this.#button.ariaDisabled = "true";
    try {
      const body = new URLSearchParams([...new FormData(this.#form)].map(([name, value]) => [name, String(value)]));
      const answer = await fetch(this.#form.action, { method: "POST", headers: { Accept: "application/json" }, body });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      const way = await answer.json();
      this.#show(way);
      this.#say(way.said);
      if (!way.over) this.#follow(way.id);
    } catch {
      this.#say(gettext("The test could not be sent."));
    }
    this.#button.ariaDisabled = null;
  }

  /** @param {string} id */
  async #follow(id) {
    this.#id = id;
    const path = (this.#form.dataset.way ?? "").replace("ID", id);
    this.#root.querySelector("[data-look-again]")?.remove();
    while (this.#id === id) {
      await new Promise((resolve) => this.#clock.setTimeout(() => resolve(null), EVERY_MS));
      try {
        const answer = await fetch(path, { headers: { Accept: "application/json" } });
        if (answer.status >= 400 && answer.status < 500) return;
        const way = await answer.json();
        if (this.#id === id) this.#show(way);
        if (way.over) return;
      } catch {
        // No answer: it is asked again.
      }
    }
  }

  /** @param {{id: string, steps: {key: string, label: string, text: string, at: string | null, done: boolean}[]}} way */
  #show({ id, steps }) {
    this.#shown.hidden = false;
    this.#shown.dataset.test = id;
    const list = part(this.#shown, "[data-test-steps]", HTMLElement);
    steps.forEach(({ key, label, text, at, done }, index) => {
      const row = list.children[index] ?? list.appendChild(element("li", {}, element("span", { textContent: label }), " ", element("span")));
      row.setAttribute("data-step", key);
      row.classList.toggle("done", done);
      say(row.children[1], at ? zonedTime(at) : text);
    });
  }

  /** @param {string} text */
  #say(text) {
    const said = part(this.#root, "[data-test-said]", HTMLElement);
    say(said, text);
    if (text) this.#shown.hidden = false;
  }
}
