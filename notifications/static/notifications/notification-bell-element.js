import { badgeText, bellName, titleWithCount } from "./text.js";

const SVG = "http://www.w3.org/2000/svg";
const BELL = "M12 2a7 7 0 0 0-7 7v4l-2 4h18l-2-4V9a7 7 0 0 0-7-7Zm-2.5 17a2.5 2.5 0 0 0 5 0Z";

/** <notification-bell unread="3"><a href="/inbox/">Notifications (3)</a></notification-bell> */
export class NotificationBellElement extends HTMLElement {
  static observedAttributes = ["unread", "unseen"];
  /** Gives the page's one client. */
  static clientOf;

  #client;
  #listening;
  #loading;
  #details;
  #button = make("button", { className: "bell", type: "button", hidden: true, ariaHasPopup: "dialog", ariaExpanded: "false" });
  #name = make("span", { className: "hidden" });
  #badge = make("span", { className: "badge", ariaHidden: "true" });
  // Only regions that were there, empty, before there was anything to say are heard.
  #status = make("div", { className: "hidden", role: "status" });
  #alert = make("div", { className: "hidden", role: "alert" });

  get unread() {
    return Number(this.getAttribute("unread"));
  }

  get unseen() {
    return Number(this.getAttribute("unseen"));
  }

  get inboxUrl() {
    return this.getAttribute("inbox-url") ?? "/inbox/";
  }

  connectedCallback() {
    this.#client ??= NotificationBellElement.clientOf(this);
    if (!this.shadowRoot) this.#build();
    this.#listening = new AbortController();
    const on = (type, listener) =>
      this.#client.addEventListener(type, ({ detail }) => listener(detail), { signal: this.#listening.signal });
    on("change", () => this.#count());
    on("state", ({ state }) => state === "live" && this.#load());
    on("notification", async ({ notification }) => (await this.#load()).announce([notification]));
    on("summary", async ({ notifications }) => (await this.#load()).announce(notifications));
    on("error", async (failure) => (await this.#load()).failed(failure));
    on("signedout", async ({ reason }) => (await this.#load()).signedOut(reason));
    this.#show();
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  attributeChangedCallback() {
    if (this.shadowRoot) this.#show();
  }

  #build() {
    const svg = document.createElementNS(SVG, "svg");
    const path = document.createElementNS(SVG, "path");
    svg.setAttribute("viewBox", "0 0 24 24");
    path.setAttribute("d", BELL);
    svg.append(path);
    this.#button.append(svg, this.#name, this.#badge);
    this.#button.addEventListener("click", () => this.#details || this.#open());
    // Until its style is there, the link in the slot serves.
    const slot = make("slot");
    const onload = () => (this.#button.hidden = !(slot.hidden = true));
    const sheet = make("link", { rel: "stylesheet", href: this.getAttribute("styles"), onload });
    this.attachShadow({ mode: "open" }).append(sheet, slot, this.#button, this.#status, this.#alert);
  }

  #load() {
    return (this.#loading ??= this.#loadDetails().finally(() => this.#details || (this.#loading = null)));
  }

  async #loadDetails() {
    const { BellDetails } = await import("./bell-details.js");
    const styles = ["styles", "detail-styles"].map((name) => this.getAttribute(name) ?? "");
    const [client, button, status, alert] = [this.#client, this.#button, this.#status, this.#alert];
    const details = new BellDetails({ client, button, status, alert, styles, inboxUrl: this.inboxUrl });
    await details.isStyled;
    return (this.#details = details);
  }

  /** The first time; then the browser does it. */
  async #open() {
    try {
      (await this.#load()).panel.showPopover();
    } catch {
      location.assign(this.inboxUrl);
    }
  }

  #count() {
    const { unread, unseen } = this.#client.counts;
    this.setAttribute("unread", unread);
    this.setAttribute("unseen", unseen);
  }

  #show() {
    this.#name.textContent = bellName(this.unread, this.unseen);
    this.#badge.textContent = badgeText(this.unread);
    this.#badge.classList.toggle("unseen", this.unseen > 0);
    if (this.hasAttribute("title-count")) document.title = titleWithCount(document.title, this.unread);
  }
}

/** @returns {any} */
const make = (tag, properties) => Object.assign(document.createElement(tag), properties);
