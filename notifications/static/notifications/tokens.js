/** The credential of a page on another origin. It lives in memory alone, and never in a URL. */

// The server wants a connection renewed 30 s before its token ends.
const MARGIN_MS = 60_000;
const TIMEOUT_MS = 10_000;

export class Tokens {
  #options;
  /** @type {Promise<string> | null} */
  #token = null;
  /** The one that is in use; empty while another is asked for. */
  #refusable = "";
  #until = 0;

  /** @param {Inbox.TokenOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /** One that lasts a while. */
  get() {
    if (!this.#token || this.#until <= this.#options.clock.now()) this.#renew();
    return /** @type {Promise<string>} */ (this.#token);
  }

  /**
   * As fetch, with the token; a refused one is renewed once.
   * @param {RequestInfo | URL} url
   * @param {RequestInit} [options]
   */
  async fetch(url, options = {}) {
    try {
      const token = await this.get();
      const response = await this.#fetchWith(token, url, options);
      if (response.status !== 401) return response;
      if (this.#refusable === token) this.#renew();
      return await this.#fetchWith(await this.get(), url, options);
    } catch (error) {
      const { status } = /** @type {Partial<Inbox.Refusal>} */ (error);
      // Whom the page's own server gives no token, ours would not know.
      if (status === 401 || status === 403) return new Response(null, { status: 401 });
      throw error;
    }
  }

  /** @param {string} token @param {RequestInfo | URL} url @param {RequestInit} options */
  #fetchWith(token, url, options) {
    const headers = { ...options.headers, Authorization: `Bearer ${token}` };
    return this.#options.fetch(url, { ...options, headers, credentials: "omit" });
  }

  #renew() {
    this.#until = Infinity;
    this.#refusable = "";
    const token = (this.#token = this.#ask());
    // What failed is asked for again, by whoever needs it next.
    token.catch(() => this.#token === token && (this.#token = null));
  }

  /** @returns {Promise<string>} */
  async #ask() {
    const { url, fetch, csrfToken, clock } = this.#options;
    const response = await fetch(url, { method: "POST", headers: { "X-CSRFToken": csrfToken() }, signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) throw Object.assign(new Error(`HTTP ${response.status}`), { status: response.status });
    const { token, expires_in } = await response.json();
    // Of a short-lived one half: each must be of some use.
    this.#until = clock.now() + Math.max(expires_in * 1000 - MARGIN_MS, expires_in * 500);
    this.#refusable = token;
    return token;
  }
}
