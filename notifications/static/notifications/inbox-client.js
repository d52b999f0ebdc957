import { Backoff } from "./backoff.js";
import { Connection } from "./connection.js";
import { InboxState, isUnseen } from "./inbox-state.js";
import { CloseCode, Verdict, isRevision, verdict } from "./protocol.js";

const STEADY_MS = 10_000;
const WAKE_JITTER_MS = 1_000;
const CONFIRM_TIMEOUT_MS = 10_000;
const REFILL_BELOW = 10;
// Beyond what timers hold they fire at once.
const DELAY_MAX_MS = 2 ** 31 - 1;

/** Keeps a user's inbox up to date, and acts. Its events: InboxClientEvents in types.d.ts. */
export class InboxClient extends EventTarget {
  state = "waiting";
  /** Why it stopped. @type {string | null} */
  reason = null;
  /** Synced once. */
  isReady = false;
  inbox = new InboxState();

  #options;
  #api;
  #random;
  #user;
  #backoff;
  /** @type {Connection | null} */
  #current = null;
  /** @type {Connection | null} its predecessor, until it is synced */
  #previous = null;
  #isRunning = false;
  #isOffline = false;
  #hasAsked = false;
  #unprovenCount = 0;
  #retryTimer;
  #steadyTimer;
  #notBefore = 0;
  #clockOffsetMs = 0;
  #announcedRevision = 0;
  #arrived = new Map();
  /** The parts of a split frame. @type {{notifications: object[], removed: string[]}} */
  #unshown = { notifications: [], removed: [] };

  /** @param {Inbox.ClientOptions} options */
  constructor(options) {
    super();
    this.#options = options;
    this.#api = options.api;
    this.clock = options.clock;
    this.#random = options.random;
    this.#user = options.page.user;
    this.#backoff = new Backoff(this.#random);
    this.inbox.counts = options.page.counts;
  }

  get counts() {
    return this.inbox.viewCounts();
  }

  /** The time by the server's clock. */
  now() {
    return Date.now() + this.#clockOffsetMs;
  }

  // --- Connecting

  start() {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.reason = null;
    this.#connect();
  }

  /** For the back/forward cache; `start` comes back. */
  suspend() {
    this.#isRunning = false;
    this.clock.clearTimeout(this.#retryTimer);
    this.clock.clearTimeout(this.#steadyTimer);
    this.#current?.close();
    this.#previous?.close();
    this.#current = this.#previous = null;
    this.#tellState();
  }

  /** The page became visible, or the network came back. */
  wake() {
    if (this.reason === "signed_out") return this.#revive();
    if (!this.#isRunning) return;
    if (this.#current && !this.#current.isLeaving) return this.#current.probe();
    this.#retry(Math.max(this.#random() * WAKE_JITTER_MS, this.#notBefore - this.clock.now()));
  }

  /** The browser may be wrong: connections are asked, and tried still. */
  setOffline(isOffline) {
    this.#isOffline = isOffline;
    if (isOffline) this.#current?.probe();
    else this.wake();
    this.#tellState();
  }

  #connect() {
    this.clock.clearTimeout(this.#retryTimer);
    if (this.#current) {
      this.#previous?.close();
      this.#previous = this.#current;
    }
    this.#current = new Connection({ ...this.#options, state: this.inbox, owner: this.#owner });
    this.#tellState();
  }

  #retry(delayMs) {
    this.clock.clearTimeout(this.#retryTimer);
    this.#retryTimer = this.clock.setTimeout(() => this.#connect(), Math.min(delayMs, DELAY_MAX_MS));
    this.#tellState();
  }

  #retryAfter(bye) {
    // 0 is not given: a server that refuses each time would be asked without a pause.
    const afterMs = isRevision(bye?.after_ms) ? bye.after_ms : 0;
    this.#notBefore = this.clock.now() + afterMs;
    this.#retry(afterMs || this.#backoff.next());
  }

  /** @type {Inbox.Owner<Connection>} */
  #owner = {
    hello: (frame) => this.#hello(frame),
    changed: (connection, frame) => this.#changed(connection, frame),
    synced: (connection) => this.#synced(connection),
    leaving: (connection, bye) => connection === this.#current && this.#retryAfter(bye),
    ended: (connection, code, bye) => this.#ended(connection, code, bye),
  };

  #hello(frame) {
    this.#clockOffsetMs = (Date.parse(frame.server_time) || Date.now()) - Date.now();
    this.#user ??= frame.user;
    // A page drawn for one user must never show another's.
    if (frame.user !== this.#user) this.#stop("other_user");
    return frame.user === this.#user;
  }

  #synced(connection) {
    this.isReady = true;
    this.#hasAsked = false;
    if (connection === this.#current) {
      this.#previous?.close();
      this.#previous = null;
      this.clock.clearTimeout(this.#steadyTimer);
      this.#steadyTimer = this.clock.setTimeout(() => this.#backoff.reset(), STEADY_MS);
    }
    this.#announceArrived();
    this.#tellState();
    this.#refill(connection);
  }

  /** Archiving left few of the newest: a snapshot brings those that take their place. */
  #refill(connection) {
    const { oldest, overlays } = this.inbox;
    if (oldest && !overlays.length && this.inbox.latest(REFILL_BELOW).length < REFILL_BELOW) connection.resume(true);
  }

  #ended(connection, code, bye) {
    this.#unprovenCount = connection.isProven ? 0 : this.#unprovenCount + 1;
    if (connection === this.#previous) this.#previous = null;
    if (connection === this.#current) {
      this.#current = null;
      this.clock.clearTimeout(this.#steadyTimer);
      // The successor of one that was leaving is due already.
      if (!connection.isLeaving) this.#succeed(code, bye);
    }
    this.#tellState();
  }

  #succeed(code, bye) {
    if (code === CloseCode.SIGNED_OUT) return this.#askOnce();
    if (verdict(code) === Verdict.STOP || bye?.reconnect === false) return this.#stop(`closed_${code}`);
    this.#retryAfter(bye);
    // A browser cannot see why a handshake was refused.
    if (this.#unprovenCount && this.#unprovenCount % 2 === 0) this.#whyStop().then((reason) => this.#stop(reason));
  }

  // --- Who we are

  async #askOnce() {
    if (this.#hasAsked) return this.#stop("signed_out");
    this.#hasAsked = true;
    this.#stop(await this.#whyStop());
    if (this.#isRunning && !this.#current) this.#retryAfter(null);
  }

  async #revive() {
    const reason = await this.#whyStop();
    if (reason) this.#stop(reason);
    else this.start();
  }

  /** Null: still signed in, or nobody can tell. */
  async #whyStop() {
    try {
      const session = await this.#api.session();
      if (!session) return "signed_out";
      return this.#user && session.user !== this.#user ? "other_user" : null;
    } catch {
      return null;
    }
  }

  #stop(reason) {
    if (!reason || reason === this.reason) return;
    this.reason = reason;
    this.suspend();
    if (!reason.startsWith("closed")) this.#emit("signedout", { reason });
  }

  #tellState() {
    const state = this.#stateNow();
    if (state === this.state) return;
    this.state = state;
    this.#emit("state", { state, reason: this.reason });
  }

  #stateNow() {
    if (this.reason) return "stopped";
    if (this.#current?.isSynced || this.#previous?.isSynced) return "live";
    if (this.#isOffline) return "offline";
    return this.#current ? "connecting" : "waiting";
  }

  // --- What arrives

  #changed(connection, { type, notifications, removed = [], partial }) {
    const isSnapshot = type === "snapshot";
    const isLive = !this.#arrived.size;
    if (isSnapshot) this.#arrived.clear();
    else this.#noteArrived(notifications, removed);
    this.#unshown.notifications.push(...notifications);
    this.#unshown.removed.push(...removed);
    if (partial) return;
    this.#announcedRevision = this.inbox.revision;
    this.#emit("change", { ...this.#unshown, isSnapshot });
    this.#unshown = { notifications: [], removed: [] };
    if (connection.isCatchingUp) return;
    this.#announceArrived(isLive);
    this.#refill(connection);
  }

  #noteArrived(notifications, removed) {
    for (const one of notifications) {
      if (one.arrived_revision > this.#announcedRevision || this.#arrived.has(one.id)) this.#arrived.set(one.id, one);
    }
    for (const id of removed) this.#arrived.delete(id);
  }

  #announceArrived(isLive = false) {
    const notifications = [...this.#arrived.values()].map((one) => this.inbox.view(one)).filter(isUnseen);
    this.#arrived.clear();
    if (isLive) for (const notification of notifications) this.#emit("notification", { notification });
    else if (notifications.length) this.#emit("summary", { notifications });
  }

  // --- Acts: each resolves to whether it is done

  markSeen(ids) {
    return this.#act("seen", ids);
  }

  markRead(ids) {
    return this.#act("read", ids);
  }

  markUnread(ids) {
    return this.#act("unread", ids);
  }

  archive(ids) {
    return this.#act("archive", ids);
  }

  restore(ids) {
    return this.#act("restore", ids);
  }

  /** Up to what we know of: what arrives meanwhile stays unread. */
  markAllRead() {
    return this.#act("read", null);
  }

  /** @param {string[] | null} ids null: all */
  async #act(op, ids) {
    const { epoch, revision } = this.inbox.epoch ? this.inbox : this.#options.page;
    const overlay = this.inbox.lay(op, ids, revision);
    this.#emitShown();
    try {
      const answer = await this.#api.act({ op, ...(ids ? { notifications: ids } : { all: true, epoch, upto: revision }) });
      this.inbox.confirm(overlay, answer.revision);
      this.clock.setTimeout(() => this.#doubt(overlay), CONFIRM_TIMEOUT_MS);
      return true;
    } catch (error) {
      const { status } = /** @type {{status?: number}} */ (error);
      this.inbox.lift(overlay);
      if (status === 401) this.#stop("signed_out");
      this.#emit("error", { op, ids, status });
      return false;
    } finally {
      this.#emitShown();
    }
  }

  /** The change was answered but has not come: it would hide what comes later. */
  #doubt(overlay) {
    if (this.state !== "live" || !this.inbox.overlays.includes(overlay)) return;
    this.inbox.lift(overlay);
    this.#current?.resume();
    this.#emitShown();
  }

  #emitShown() {
    this.#emit("change", { notifications: [], removed: [], isSnapshot: false });
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
