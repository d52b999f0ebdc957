/** A word there and back, by both ways. */
import { part } from "../dom.js";
import { gettext, interpolate } from "../gettext.js";
import { msText } from "./figures.js";

const PATIENCE_MS = 10_000;

export class EchoPanel {
  #options;
  #form;
  #output;

  /** @param {HTMLElement} root @param {Diagnostics.ComparisonOptions} options */
  constructor(root, options) {
    this.#options = options;
    this.#form = part(root, "[data-echo]", HTMLFormElement);
    this.#output = part(root, "[data-echo-result]", HTMLElement);
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send(String(new FormData(this.#form).get("text")));
    });
  }

  /** @param {string} text */
  async #send(text) {
    this.#output.textContent = gettext("Sent…");
    // One after the other: neither waits for the other.
    const http = await this.#byHttp(text).catch(failedText);
    const socket = await this.#bySocket(text).catch(failedText);
    this.#output.textContent = `HTTP ${http} · WebSocket ${socket}`;
  }

  /** @param {string} text */
  async #byHttp(text) {
    const { url, fetch, csrfToken } = this.#options;
    const headers = { "Content-Type": "application/json", "X-CSRFToken": csrfToken() };
    const began = performance.now();
    const response = await fetch(`${url}echo`, { method: "POST", headers, body: JSON.stringify({ text }) });
    const answer = await response.json();
    if (!response.ok || answer.text !== text) throw new Error(answer.detail ?? gettext("another word came back"));
    return msText(performance.now() - began);
  }

  /** @param {string} text @returns {Promise<string>} */
  #bySocket(text) {
    const { socketUrl, WebSocket: SocketClass } = this.#options;
    const began = performance.now();
    return new Promise((resolve, reject) => {
      const socket = new SocketClass(`${socketUrl}echo/`);
      const timer = setTimeout(() => reject(new Error(gettext("no answer"))), PATIENCE_MS);
      let opened = 0;
      socket.onopen = () => {
        opened = performance.now();
        socket.send(text);
      };
      socket.onclose = () => reject(new Error(gettext("refused")));
      socket.onmessage = ({ data }) => {
        const ended = performance.now();
        clearTimeout(timer);
        socket.onclose = null;
        socket.close();
        if (data === text) resolve(interpolate(gettext("%(time)s (and once %(opening)s to open it)"), { time: msText(ended - opened), opening: msText(opened - began) }));
        else reject(new Error(gettext("the echo is turned off here")));
      };
    });
  }
}

/** @param {Error} error */
const failedText = ({ message }) => interpolate(gettext("failed (%(cause)s)"), { cause: message });
