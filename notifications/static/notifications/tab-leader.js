const ANSWER_TIMEOUT_MS = 1_500;
/** @type {Inbox.Leader} */
const UNKNOWN = { state: "connecting", transport: "" };

/** The tab with the lock is connected; to the others it is a transport. */
export class TabLeader {
  /** @type {"none" | "leader" | "follower"} */
  role = "none";
  #options;
  #client;
  /** @type {BroadcastChannel | null} */
  #channel = null;
  /** @type {AbortController | null} of the lock that is asked for or held */
  #abort = null;
  /** @type {(() => void) | null} */
  #release = null;
  /** @type {Inbox.Timer} */
  #askTimer = null;
  /** @type {Inbox.TransportEvents | null} */
  #events = null;
  /** Whether there is another tab: each asks before it needs what we pass on, and again after its leader. */
  #hasHeard = false;

  /** @param {Inbox.Client} client @param {Inbox.TabOptions} options */
  constructor(client, options) {
    this.#client = client;
    this.#options = options;
    client.leader = UNKNOWN;
    client.addEventListener("act", ({ detail }) => this.#post({ type: "act", act: detail }));
    client.addEventListener("frame", ({ detail }) => {
      if (this.role === "leader" && this.#hasHeard) this.#post({ type: "frame", frame: detail, epoch: client.inbox.epoch });
    });
    client.addEventListener("state", () => this.#stateChanged());
  }

  /** @type {Inbox.Open} */
  open(cursor, events) {
    if (this.role === "none") this.#begin();
    if (this.role === "leader") return this.#options.open(cursor, events);
    this.#events = events;
    this.#ask();
    return {
      isPatient: true,
      send: (text) => {
        const { type, since } = JSON.parse(text);
        if (type !== "pong") this.#ask(since);
      },
      close: () => {
        if (this.#events === events) this.#events = null;
      },
    };
  }

  wake() {
    if (this.role === "follower") this.#ask();
    else this.#client.wake();
  }

  /** A cached page must not be spoken to. */
  suspend({ closesChannel = false } = {}) {
    this.role = "none";
    this.#client.suspend();
    this.#abort?.abort();
    this.#release?.();
    this.#heard();
    this.#client.leader = UNKNOWN;
    if (!closesChannel) return;
    this.#channel?.close();
    this.#channel = null;
  }

  #begin() {
    this.#channel ??= this.#options.channel(this.#client.name);
    this.#channel.onmessage = ({ data }) => this.#hear(data);
    this.role = "follower";
    this.#elect();
  }

  #elect(steal = false) {
    this.#abort?.abort();
    const { signal } = (this.#abort = new AbortController());
    const { locks } = this.#options;
    const lead = () =>
      new Promise((resolve) => {
        const release = () => resolve(null);
        if (signal.aborted) release();
        else this.#lead(release);
      });
    locks.request(this.#client.name, steal ? { steal } : { signal }, lead).catch(({ name: reason }) => {
      if (signal.aborted) return;
      // Sandboxed.
      if (reason !== "AbortError") return this.#lead(null);
      // Stolen: we hung.
      this.role = "follower";
      this.#client.follow(UNKNOWN);
      this.#elect();
    });
  }

  /** @param {(() => void) | null} release */
  #lead(release) {
    this.#release = release;
    this.role = "leader";
    this.#heard();
    this.#client.follow(null);
    this.#tell();
  }

  #stateChanged() {
    const { state, reason } = this.#client;
    const { role } = this;
    if (state === "stopped" && role !== "none") {
      this.suspend();
      if (role === "leader") this.#post({ type: "stopped", reason });
    } else if (role === "leader") this.#tell();
  }

  /** Where nobody answers, the leader hangs. @param {number | null} [since] null: we have nothing */
  #ask(since) {
    const { epoch, revision } = this.#client.inbox;
    this.#post({ type: "who", tab: this.#options.tab, cursor: { epoch, revision, isAnew: since === null } });
    this.#askTimer ??= this.#client.clock.setTimeout(() => {
      this.#askTimer = null;
      if (this.#options.isVisible()) this.#elect(true);
    }, ANSWER_TIMEOUT_MS);
  }

  #heard() {
    this.#client.clock.clearTimeout(this.#askTimer);
    this.#askTimer = null;
  }

  /** @param {Inbox.TabMessage} message */
  #hear(message) {
    this.#hasHeard = true;
    if (message.type === "act") this.#client.acts().then((acts) => acts.hear(message.act), () => {});
    if (message.type === "who" && this.role === "leader") this.#tell(message);
    if (message.type === "stopped") this.#client.stop(message.reason);
    if (this.role !== "follower") return;
    if (message.type === "frame") {
      this.#receive([message.frame]);
      // An older leader may have had the last word.
      if (message.epoch !== this.#client.inbox.epoch) this.#ask();
    }
    if (message.type === "here") this.#follow(message);
  }

  /** @param {Inbox.HereMessage} message */
  #follow({ tab, frames, state, transport }) {
    this.#heard();
    this.#client.follow({ state, transport });
    if (tab === this.#options.tab) this.#receive(frames);
    else if (!tab && state === "live") this.#ask();
  }

  /** @param {{tab: string, cursor: Inbox.TabCursor}} [asker] none: all are told */
  async #tell(asker) {
    const frames = asker ? await this.#options.catchUp(this.#client, asker.cursor).catch(() => []) : [];
    const { state, transport } = this.#client;
    if (this.role === "leader") this.#post({ type: "here", tab: asker?.tab, state, transport, frames: state === "live" ? frames : [] });
  }

  /** @param {Inbox.Frame[]} frames */
  #receive(frames) {
    for (const frame of frames) this.#events?.message(JSON.stringify(frame));
  }

  /** @param {Inbox.TabMessage} message */
  #post(message) {
    this.#channel?.postMessage(message);
  }
}
