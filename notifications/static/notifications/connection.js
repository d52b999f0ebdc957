import { RENEW, RESTART, parse, pingFrame, pongFrame, resumeFrame } from "./protocol.js";

const HELLO_TIMEOUT_MS = 5_000;
const SILENCE_GRACE_MS = 10_000;
const PROBE_TIMEOUT_MS = 3_000;
const RESUME_PAUSE_MS = 1_000;
const RESUME_PAUSE_MAX_MS = 32_000;
const LATE_MS = 1_000;
const ABNORMAL = 1006;
const HANDOVERS = [RESTART, RENEW];

/** @typedef {"hello" | "probe" | "resume" | "pong" | "silence"} TimerName */

/** One connection and its position in the stream: twin of inbox_stream.py. Two may feed one state. */
export class Connection {
  epoch = "";
  isProven = false;
  isMute = false;
  isSynced = false;
  isLeaving = false;
  isCatchingUp = true;
  /** What it was opened by: another one may be the choice by the time it fails. @type {Inbox.TransportName} */
  via = "ws";

  #transport;
  #state;
  #owner;
  #clock;
  #random;
  /** @type {{[name in TimerName]?: Inbox.Timer}} */
  #timers = {};
  #hasEnded = false;
  #silenceLimitMs = 0;
  #silentAt = 0;
  #asked;
  #resumedAt;
  #resumedFrom = "";
  #pauseMs = RESUME_PAUSE_MS;
  #knownRevision = 0;

  /** @param {Inbox.ConnectionOptions} options */
  constructor({ open, state, owner, clock, random }) {
    this.#state = state;
    this.#owner = owner;
    this.#clock = clock;
    this.#random = random;
    this.#resumedAt = clock.now();
    this.#asked = state.revision;
    const cursor = () => (state.epoch ? { epoch: state.epoch, since: state.revision } : null);
    this.#transport = open(cursor(), {
      cursor,
      message: (text) => this.#receive(text),
      close: (code) => this.#end(code),
    });
    if (!this.#transport.isPatient) {
      this.#after("hello", HELLO_TIMEOUT_MS, () => {
        this.isMute = true;
        this.#end(ABNORMAL);
      });
    }
  }

  close() {
    this.#hasEnded = true;
    for (const timer of Object.values(this.#timers)) this.#clock.clearTimeout(timer);
    this.#timers = {};
    this.#transport.close();
  }

  probe() {
    if (!this.epoch || this.#timers.probe) return;
    this.#transport.send(pingFrame());
    this.#after("probe", PROBE_TIMEOUT_MS, () => this.#end(ABNORMAL));
  }

  resume(anew = false) {
    if (this.isCatchingUp || this.#timers.resume || !this.epoch) return;
    const waitMs = this.#resumedAt + this.#pauseMs - this.#clock.now();
    if (waitMs <= 0) this.#resumeNow(anew);
    else this.#after("resume", waitMs, () => (anew || this.#isBehind()) && this.#resumeNow(anew));
  }

  /** @param {boolean} anew */
  #resumeNow(anew) {
    const { epoch, revision } = this.#state;
    const from = `${epoch} ${revision}`;
    // What changed nothing hardly will.
    this.#pauseMs = from === this.#resumedFrom ? Math.min(this.#pauseMs * 2, RESUME_PAUSE_MAX_MS) : RESUME_PAUSE_MS;
    this.#resumedFrom = from;
    this.#resumedAt = this.#clock.now();
    this.isCatchingUp = true;
    this.#knownRevision = 0;
    // `changes` do not name their epoch.
    const since = anew || epoch !== this.epoch ? null : revision;
    this.#asked = since ?? 0;
    this.#transport.send(resumeFrame(this.epoch, since));
  }

  /** @param {unknown} text */
  #receive(text) {
    if (this.#hasEnded) return;
    const frame = parse(text);
    this.#cancel("probe");
    if (frame?.type === "hello") return this.#hello(frame);
    if (frame?.type === "bye") return this.#bye(frame);
    if (!this.epoch) return;
    this.#watch();
    if (frame?.type === "changes") this.#changes(frame);
    if (frame?.type === "snapshot") this.#snapshot(frame);
    if (frame?.type === "synced") this.#synced(frame);
    if (frame?.type === "ping") this.#ping(frame);
  }

  /** @param {Inbox.HelloFrame} frame */
  #hello(frame) {
    this.isProven = this.isCatchingUp = true;
    this.epoch ||= frame.epoch;
    this.#cancel("hello");
    this.#silenceLimitMs = Math.min(frame.ping_interval_s, 3600) * 1000 + SILENCE_GRACE_MS;
    if (this.#owner.hello(frame)) this.#watch();
  }

  /** @param {Inbox.ChangesFrame} frame */
  #changes(frame) {
    const isOurs = this.epoch === this.#state.epoch;
    const outcome = isOurs ? this.#state.applyChanges(frame) : "gap";
    if (outcome !== "gap") this.#knownRevision = Math.max(this.#knownRevision, frame.revision);
    if (outcome === "gap") this.#heardOf(frame.revision);
    if (outcome === "applied") this.#applied(frame);
  }

  /** @param {Inbox.SnapshotFrame} frame */
  #snapshot(frame) {
    const { epoch, revision } = this.#state;
    this.epoch = frame.epoch;
    const tookBack = frame.revision < this.#knownRevision;
    this.#knownRevision = frame.revision;
    // The other connection has overtaken it.
    if (frame.epoch === epoch && frame.revision < revision && frame.revision >= this.#asked && !tookBack) return;
    this.#state.applySnapshot(frame);
    this.#applied(frame);
  }

  /** @param {Inbox.SyncedFrame} frame */
  #synced({ revision }) {
    this.isCatchingUp = false;
    this.#asked = 0;
    if (this.#heardOf(revision)) return;
    this.isSynced = true;
    this.#owner.synced(this);
  }

  /** @param {Inbox.PingFrame} frame */
  #ping({ revision }) {
    this.#pong();
    if (!this.#heardOf(revision) && !this.isCatchingUp) this.#owner.synced(this);
  }

  /** @param {Inbox.ByeFrame} bye */
  #bye(bye) {
    this.isProven = true;
    if (!this.epoch || !HANDOVERS.includes(bye.code)) return this.#end(bye.code, bye);
    if (this.isLeaving) return;
    this.isLeaving = true;
    this.#owner.leaving(this, bye);
  }

  /** @param {number} revision */
  #heardOf(revision) {
    this.#knownRevision = Math.max(this.#knownRevision, revision);
    const isBehind = this.#isBehind();
    if (isBehind) this.resume();
    return isBehind;
  }

  #isBehind() {
    return this.epoch !== this.#state.epoch || this.#knownRevision > this.#state.revision;
  }

  /** @param {Inbox.StateFrame} frame */
  #applied(frame) {
    if (!this.#timers.pong) this.#after("pong", 1000 + this.#random() * 2000, () => this.#pong());
    this.#owner.changed(this, frame);
  }

  #pong() {
    this.#cancel("pong");
    this.#transport.send(pongFrame(this.#state.epoch || this.epoch, this.#state.revision));
  }

  /** One timer for many frames: each sets only by when it may be silent. */
  #watch() {
    this.#silentAt = this.#clock.now() + this.#silenceLimitMs;
    if (!this.#timers.silence) this.#awaitSilence();
  }

  #awaitSilence() {
    const dueAt = this.#silentAt;
    this.#after("silence", dueAt - this.#clock.now(), () => {
      const isLate = this.#clock.now() - dueAt > LATE_MS;
      if (dueAt < this.#silentAt) this.#awaitSilence();
      // Late: the page was held back, and frames with it.
      else if (isLate) this.probe();
      else this.#end(ABNORMAL);
    });
  }

  /** @param {number} code @param {Inbox.ByeFrame} [bye] */
  #end(code, bye) {
    if (this.#hasEnded) return;
    this.close();
    this.#owner.ended(this, code, bye);
  }

  /** @param {TimerName} name @param {number} ms @param {() => void} call */
  #after(name, ms, call) {
    this.#cancel(name);
    this.#timers[name] = this.#clock.setTimeout(() => {
      delete this.#timers[name];
      call();
    }, ms);
  }

  /** @param {TimerName} name */
  #cancel(name) {
    this.#clock.clearTimeout(this.#timers[name]);
    delete this.#timers[name];
  }
}
