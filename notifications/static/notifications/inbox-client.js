import { ActingClient } from "./acting-client.js";
import { Backoff } from "./backoff.js";
import { Connection } from "./connection.js";
import { Arrivals, InboxState } from "./inbox-state.js";
import { SIGNED_OUT, isFinal } from "./protocol.js";

const REFILL_BELOW = 10;
const ASK_AGAIN_MS = 5_000;

/** Keeps an inbox up to date, and acts. types.d.ts describes its events and options. */
export class InboxClient extends ActingClient {
  /** @type {Inbox.ClientState} */
  state = "waiting";
  /** @type {Inbox.StopReason | null} */
  reason = null;
  isReady = false;
  inbox = new InboxState();
  /** Of the connection, by which the server's logs name it; empty: there is none. */
  connectionId = "";
  /** The tab that is connected for us; null: we are. @type {Inbox.Leader | null} */
  leader = null;
  /** What shows it on this page; the first speaks for the others. @type {Set<Inbox.Element>} */
  elements = new Set();

  #options;
  #backoff;
  #arrivals = new Arrivals();
  /** @type {Connection | null} */
  #current = null;
  /** @type {Connection | null} */
  #previous = null;
  #isRunning = false;
  #isOffline = false;
  #hasAsked = false;
  #unprovenCount = 0;
  #clockOffsetMs = 0;

  /** @param {Inbox.ClientOptions} options */
  constructor(options) {
    super(options.services);
    this.#options = options;
    this.clock = options.clock;
    this.url = options.url;
    this.#backoff = new Backoff(options, () => this.#connect());
    this.inbox.counts = options.page.counts;
  }

  get counts() {
    return this.inbox.viewCounts();
  }

  get user() {
    return this.#options.page.user;
  }

  get name() {
    return `nb:${this.user}:${this.url}`;
  }

  get transport() {
    return (this.leader ?? this.#options.transports).transport;
  }

  get retryInMs() {
    return Math.max(0, this.#backoff.at - this.clock.now());
  }

  now() {
    return Date.now() + this.#clockOffsetMs;
  }

  start() {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.reason = null;
    this.#connect();
  }

  suspend() {
    this.#isRunning = false;
    this.#drop();
    this.#tellState();
  }

  /** @param {Inbox.StopReason | null} reason */
  stop(reason) {
    if (!reason || reason === this.reason) return;
    this.reason = reason;
    this.suspend();
    if (reason === "signed_out" || reason === "other_user") this.emit("signedout", { reason });
  }

  /** @param {Inbox.Leader | null} leader */
  follow(leader) {
    const isOtherRole = !leader !== !this.leader;
    this.leader = leader;
    if (isOtherRole) this.reconnect();
    else this.#tellState();
  }

  /** `gently`: what we have stays until the new one is synced. */
  reconnect({ gently = false } = {}) {
    if (!this.#isRunning) return;
    if (!gently) this.#drop();
    this.#unprovenCount = 0;
    this.#backoff.reset();
    this.#connect();
  }

  wake() {
    if (this.reason === "signed_out") return this.revive();
    if (!this.#isRunning) return;
    if (this.#current && !this.#current.isLeaving) return this.#current.probe();
    this.#backoff.soon();
    this.#tellState();
  }

  /** The browser may be wrong: connections are tried still. @param {boolean} isOffline */
  setOffline(isOffline) {
    this.#isOffline = isOffline;
    if (isOffline) this.#current?.probe();
    else this.wake();
    this.#tellState();
  }

  /** `anew`: as if we had nothing. */
  resume(anew = false) {
    this.#current?.resume(anew);
  }

  #drop() {
    this.#backoff.stop();
    this.#current?.close();
    this.#previous?.close();
    this.#current = this.#previous = null;
  }

  #connect() {
    if (this.#current) {
      this.#previous?.close();
      this.#previous = this.#current;
    }
    this.#current = new Connection({ ...this.#options, state: this.inbox, owner: this.#owner });
    this.#current.via = this.#options.transports.transport;
    this.#tellState();
  }

  /** @param {Inbox.ByeFrame | null} [bye] */
  #retryAfter(bye) {
    this.#backoff.after(bye);
    this.#tellState();
  }

  /** @type {Inbox.Owner} */
  #owner = {
    hello: (frame) => this.#hello(frame),
    changed: (connection, frame) => this.#changed(connection, frame),
    synced: (connection) => this.#synced(connection),
    leaving: (connection, bye) => void (connection === this.#current && this.#retryAfter(bye)),
    ended: (connection, code, bye) => this.#ended(connection, code, bye),
  };

  /** @param {Inbox.HelloFrame} frame */
  #hello(frame) {
    this.#clockOffsetMs = (Date.parse(frame.server_time) || Date.now()) - Date.now();
    this.#options.page.user ??= frame.user;
    this.connectionId = frame.connection ?? "";
    if (!this.leader) this.#options.transports.works();
    // A page drawn for one user must never show another's.
    if (frame.user !== this.user) this.stop("other_user");
    return frame.user === this.user;
  }

  /** @param {Connection} connection */
  #synced(connection) {
    this.isReady = true;
    this.#hasAsked = false;
    if (connection === this.#current) {
      this.#previous?.close();
      this.#previous = null;
      this.#backoff.steady();
    }
    this.#announce();
    this.emit("frame", { type: "synced", revision: this.inbox.revision });
    this.#tellState();
    this.#refill(connection);
  }

  /** @param {Connection} connection */
  #refill(connection) {
    const { oldest, overlays } = this.inbox;
    if (oldest && !overlays?.size && !this.inbox.hasListed(REFILL_BELOW)) connection.resume(true);
  }

  /** @param {Connection} connection @param {number} code @param {Inbox.ByeFrame} [bye] */
  #ended(connection, code, bye) {
    this.#unprovenCount = connection.isProven ? 0 : this.#unprovenCount + 1;
    if (connection === this.#previous) this.#previous = null;
    if (connection === this.#current) {
      this.#current = null;
      this.#backoff.unsteady();
      // A successor is due already.
      if (!connection.isLeaving) this.#succeed(code, bye, connection);
    }
    this.#tellState();
  }

  /** @param {number} code @param {Inbox.ByeFrame | undefined} bye @param {Connection} ended */
  #succeed(code, bye, { isMute, via }) {
    if (code === SIGNED_OUT) return this.#askOnce();
    if (isFinal(code) || bye?.reconnect === false) return this.stop(`closed_${code}`);
    this.#retryAfter(bye);
    // A browser cannot see why.
    if (isMute || (this.#unprovenCount && this.#unprovenCount % 2 === 0)) this.#doubt(via);
  }

  /** While we ask who we are, the next connection may begin, and in its turn be doubted. @param {Inbox.TransportName} via */
  #doubt(via) {
    this.#check((isKnown) => {
      if (!isKnown || !this.#unprovenCount) return;
      this.#unprovenCount = 0;
      this.#options.transports.next(via);
    });
  }

  #askOnce() {
    if (this.#hasAsked) return this.stop("signed_out");
    this.#hasAsked = true;
    this.#check(() => this.#isRunning && !this.#current && this.#retryAfter(null));
  }

  /** Starts once we are known to be who the page is for. */
  revive() {
    this.#check(() => (this.user ? this.start() : this.clock.setTimeout(() => this.revive(), ASK_AGAIN_MS)));
  }

  /** `isKnown`: false where nobody can tell. @param {(isKnown: boolean) => void} goOn */
  async #check(goOn) {
    const { services, page } = this.#options;
    const reason = await services().then(({ api }) => api.whyStop(page)).catch(() => undefined);
    if (reason) this.stop(reason);
    else goOn(reason === null);
  }

  #tellState() {
    const state = this.#stateNow();
    if (state === this.state) return;
    this.state = state;
    this.emit("state", { state, reason: this.reason });
  }

  /** @returns {Inbox.ClientState} */
  #stateNow() {
    if (this.reason) return "stopped";
    if (this.leader && this.leader.state !== "live") return this.leader.state;
    if (this.#current?.isSynced || this.#previous?.isSynced) return "live";
    if (this.#isOffline) return "offline";
    return this.#current ? "connecting" : "waiting";
  }

  /** @param {Connection} connection @param {Inbox.StateFrame} frame */
  #changed(connection, frame) {
    const isLive = !this.#arrivals.isWaiting;
    this.#arrivals.add(frame);
    this.emit("frame", frame);
    if (frame.type === "changes" && frame.partial) return;
    this.emit("change", { ...this.#arrivals.takeChange(this.inbox.revision), isSnapshot: frame.type === "snapshot" });
    // While the leader catches up, so do we.
    if (connection.isCatchingUp || (this.leader && this.state !== "live")) return;
    this.#announce(isLive);
    this.#refill(connection);
  }

  #announce(isLive = false) {
    const notifications = this.#arrivals.takeFresh(this.inbox);
    if (isLive) for (const notification of notifications) this.emit("notification", { notification });
    else if (notifications.length) this.emit("summary", { notifications });
  }

  emitShown() {
    this.emit("change", { notifications: [], removed: [], isSnapshot: false });
    if (this.#current) this.#refill(this.#current);
  }
}
