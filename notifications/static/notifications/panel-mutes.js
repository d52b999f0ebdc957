/** What of a notification can be muted in the panel of a bell: a button, and the choices below the row's text. */
import { chosenOf } from "./chosen.js";
import { element } from "./dom.js";
import { mute, mutesOf } from "./muting.js";
import { labelled } from "./row-parts.js";
import { TEXT } from "./words.js";

export class PanelMutes {
  #options;
  /** What is offered, as it was made last. */
  #text = "";
  button = element("button", { type: "button", ariaExpanded: "false" });
  node = element("div", { className: "nb-links", hidden: true, part: "item-mutes" });

  /** @param {Omit<Inbox.RowOptions, "notification" | "fold"> & {done: () => void}} options done: the focus is to go on */
  constructor(options) {
    this.#options = options;
    this.node.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      // The panel stays.
      event.preventDefault();
      this.#close();
    });
  }

  /** @param {Inbox.Notification} notification */
  show(notification) {
    const { client, activation } = this.#options;
    this.button.hidden = !chosenOf(client).mayMute(notification);
    this.node.hidden ||= this.button.hidden;
    labelled(this.button, "mute", TEXT.mute, notification.title);
    const choices = mutesOf(notification, activation.labels);
    const text = JSON.stringify(choices);
    // One of them may have the focus.
    if (text === this.#text) return;
    this.#text = text;
    this.node.replaceChildren(...choices.map((one) => this.#choice(one)));
  }

  toggle() {
    this.node.hidden = !this.node.hidden;
    this.button.ariaExpanded = String(!this.node.hidden);
    this.node.querySelector("button")?.focus();
  }

  /** @param {Inbox.Mute} one */
  #choice(one) {
    const choice = element("button", { type: "button", className: "nb-link", dir: "auto", textContent: one.label });
    choice.addEventListener("click", () => {
      const { client, acts } = this.#options;
      this.#close();
      mute(client, acts, one);
    });
    return choice;
  }

  #close() {
    if (!this.node.hidden) this.toggle();
    this.#options.done();
  }
}
