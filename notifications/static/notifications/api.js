import { isRevision } from "./protocol.js";

const POST_TRIES = 3;
const RETRY_AFTER_MAX_MS = 10_000;
const TEMPORARY = [429, 502, 503, 504];

/** What goes over HTTP: acts, pages, and who we are. */
export class InboxApi {
  #url;
  #fetch;
  #csrfToken;
  #clock;
  #random;

  /** @param {Inbox.ApiOptions} options */
  constructor({ url, fetch, csrfToken, clock, random }) {
    this.#url = url;
    this.#fetch = fetch;
    this.#csrfToken = csrfToken;
    this.#clock = clock;
    this.#random = random;
  }

  /** @returns {Promise<Inbox.Session | null>} null: nobody is signed in */
  async session() {
    const response = await this.#fetch(`${this.#url}session`, { cache: "no-store" });
    return [401, 403].includes(response.status) ? null : answerOf(response);
  }

  /**
   * Why a page drawn for a user must not go on; null: it may. Rejects where nobody can tell.
   * @param {{user: string | null}} page takes whose it is, where that was not known
   * @returns {Promise<Inbox.SignOut | null>}
   */
  async whyStop(page) {
    const session = await this.session();
    if (!session) return "signed_out";
    page.user ??= session.user;
    return session.user === page.user ? null : "other_user";
  }

  /** @param {Record<string, string>} query @returns {Promise<Inbox.PageAnswer>} */
  async page(query) {
    return answerOf(await this.#fetch(`${this.#url}inbox?${new URLSearchParams(query)}`, { cache: "no-store" }));
  }

  /** One notification, with all of its body. @param {string} id @returns {Promise<Inbox.Notification>} */
  async one(id) {
    return answerOf(await this.#fetch(`${this.#url}inbox/${encodeURIComponent(id)}`, { cache: "no-store" }));
  }

  /** What its user has chosen. @returns {Promise<Inbox.Preferences>} */
  async chosen() {
    return chosenOf(await this.#fetch(`${this.#url}preferences`, { cache: "no-store" }));
  }

  /** @param {Inbox.Preferences} changes @returns {Promise<Inbox.Preferences>} */
  async choose(changes) {
    const options = { method: "PATCH", headers: this.#headers(), body: JSON.stringify(changes), keepalive: true };
    return chosenOf(await this.#fetch(`${this.#url}preferences`, options));
  }

  /** Keeps out what comes of that, or lets it in again. @param {Pick<Inbox.Mute, "kind" | "value">} mute @param {boolean} isMuted */
  async mute({ kind, value }, isMuted) {
    const [query, body] = isMuted ? ["", JSON.stringify({ kind, value })] : [`?${new URLSearchParams({ kind, value })}`, undefined];
    const options = { method: isMuted ? "POST" : "DELETE", headers: this.#headers(), body, keepalive: true };
    return chosenOf(await this.#fetch(`${this.#url}preferences/mutes${query}`, options));
  }

  /**
   * That a stream has brought everything up to there, where nothing else tells.
   * @param {string} epoch
   * @param {number} upto
   */
  async delivered(epoch, upto) {
    const response = await this.#post(JSON.stringify({ op: "delivered", epoch, upto }));
    if (!response.ok) throw failure(response.status);
  }

  /**
   * Asked for thrice, an act is done once: by its `op_id`.
   * @param {Inbox.ActBody} body
   * @returns {Promise<Inbox.ActAnswer>}
   */
  async act(body) {
    const text = JSON.stringify(body);
    for (let tries = 1; ; tries++) {
      const response = await this.#post(text).catch(() => null);
      if (response && !TEMPORARY.includes(response.status)) return answerOf(response);
      if (tries === POST_TRIES) throw failure(response?.status ?? 0);
      const askedMs = Number(response?.headers.get("Retry-After")) * 1000 || tries * 1000;
      const waitMs = Math.min(askedMs, RETRY_AFTER_MAX_MS) + this.#random() * 1000;
      await new Promise((resolve) => this.#clock.setTimeout(() => resolve(0), waitMs));
    }
  }

  /** @param {string} body */
  #post(body) {
    // keepalive: the act outlives the page of a user who follows a link.
    return this.#fetch(`${this.#url}inbox/actions`, { method: "POST", headers: this.#headers(), body, keepalive: true });
  }

  /** @returns {HeadersInit} */
  #headers() {
    const csrf = this.#csrfToken();
    return { "Content-Type": "application/json", ...(csrf && { "X-CSRFToken": csrf }) };
  }
}

/** What every answer holds is looked at. @param {Response} response */
async function answerOf(response) {
  const answer = await response.json().catch(() => null);
  if (!response.ok || !isRevision(answer?.revision)) throw failure(response.status);
  return answer;
}

/** @param {Response} response */
async function chosenOf(response) {
  if (!response.ok) throw failure(response.status);
  return response.json();
}

/** @param {number} status @returns {Inbox.Refusal} */
const failure = (status) => Object.assign(new Error(`HTTP ${status}`), { status });
