/** What a tab or an app says of an inbox without being looked at: a dot on its icon, a number on its badge. */

const SIZE_PX = 64;
const DOT_PX = 15;
const INSTALLED = ["standalone", "minimal-ui", "fullscreen", "window-controls-overlay"].map((mode) => matchMedia(`(display-mode: ${mode})`));

/** For the first bell of a page. */
export class PageSigns {
  #bell;
  #client;
  /** As the page has it. @type {{link: HTMLLinkElement, href: string, type: string} | null} */
  #plain = null;
  /** @type {number | null} */
  #badge = null;

  /** @param {Inbox.Bell} bell @param {AbortSignal} signal */
  constructor(bell, signal) {
    this.#bell = bell;
    this.#client = bell.client;
    this.#client.addEventListener("change", () => this.show(), { signal });
    signal.addEventListener("abort", () => this.#undot());
    this.show();
  }

  show() {
    const { unread, unseen } = this.#client.counts;
    if (unseen && this.#bell.hasAttribute("favicon")) this.#dot();
    else this.#undot();
    if (this.#badge === unread || !INSTALLED.some(({ matches }) => matches)) return;
    this.#badge = unread;
    // 0 takes it away. Some browsers have none, and some want to be asked.
    navigator.setAppBadge?.(unread).catch(() => {});
  }

  async #dot() {
    if (this.#plain) return;
    const link = iconOf(document);
    const plain = (this.#plain = { link, href: link.href, type: link.type });
    const dotted = this.#bell.getAttribute("favicon") || (await drawn(link.href || "/favicon.ico").catch(() => null));
    if (this.#plain !== plain || dotted === null) return;
    link.type = "";
    link.href = dotted;
  }

  #undot() {
    if (!this.#plain) return;
    const { link, ...before } = this.#plain;
    this.#plain = null;
    if (before.href) Object.assign(link, before);
    else link.removeAttribute("href");
  }
}

/** @param {Document} page */
function iconOf(page) {
  const link = page.querySelector("link[rel~=icon]");
  if (link instanceof HTMLLinkElement) return link;
  const made = Object.assign(page.createElement("link"), { rel: "icon" });
  page.head.append(made);
  return made;
}

/** The icon with a dot on it. A page's policy has to allow `img-src data:`. @param {string} href */
async function drawn(href) {
  const picture = Object.assign(new Image(), { crossOrigin: "anonymous", src: href });
  await picture.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: SIZE_PX, height: SIZE_PX });
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  pen.drawImage(picture, 0, 0, SIZE_PX, SIZE_PX);
  Object.assign(pen, { fillStyle: "#c4162a", strokeStyle: "#fff", lineWidth: 5 });
  pen.beginPath();
  pen.arc(SIZE_PX - DOT_PX - 3, DOT_PX + 3, DOT_PX, 0, 2 * Math.PI);
  pen.fill();
  pen.stroke();
  return canvas.toDataURL();
}
