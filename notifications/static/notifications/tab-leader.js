const ANSWER_TIMEOUT_MS = 1_500;
const UNKNOWN = { state: "connecting", transport: "" };

/** The tab with the lock is connected; to the others it is a transport. */
export class TabLeader {
  role = "none";
  #options;
  #client;
  #channel;
  #abort;
  #release;
  #askTimer;
  #events;

  constructor(client, options) {
    this.#client = client;
    this.#options = options;
    client.leader = UNKNOWN;
    client.addEventListener("act", ({ detail }) => this.#post({ type: "act", act: detail }));
    client.addEventListener("frame", ({ detail }) => {
      if (this.role === "leader") this.#post({ type: "frame", frame: detail, epoch: client.inbox.epoch });
    });
    client.addEventListener("state", () => this.#stateChanged());
  }

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
      close: () => this.#events === events && (this.#events = null),
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
    const lead = () => new Promise((release) => (signal.aborted ? release(null) : this.#lead(release)));
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

  /** Where nobody answers, the leader hangs. */
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

  #hear({ type, tab, cursor, frame, epoch, reason, act, ...leader }) {
    if (type === "act") this.#client.acts().then((acts) => acts.hear(act), () => {});
    if (type === "who" && this.role === "leader") this.#tell(tab, cursor);
    if (type === "stopped") this.#client.stop(reason);
    if (this.role !== "follower") return;
    if (type === "frame") {
      this.#receive([frame]);
      // An older leader may have had the last word.
      if (epoch !== this.#client.inbox.epoch) this.#ask();
    }
    if (type !== "here") return;
    this.#heard();
    this.#client.follow(leader);
    if (tab === this.#options.tab) this.#receive(leader.frames);
    else if (!tab && leader.state === "live") this.#ask();
  }

  async #tell(tab, cursor) {
    const frames = tab ? await this.#options.catchUp(this.#client, cursor).catch(() => []) : [];
    const { state, transport } = this.#client;
    if (this.role === "leader") this.#post({ type: "here", tab, state, transport, frames: state === "live" ? frames : [] });
  }

  #receive(frames) {
    for (const frame of frames) this.#events?.message(JSON.stringify(frame));
  }

  #post(message) {
    this.#channel?.postMessage(message);
  }
}
