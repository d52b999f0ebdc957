/** What the tabs of one browser share, moved by a FakeClock. */
import { Acts } from "../../../notifications/static/notifications/acts.js";
import { ChannelLocks } from "../../../notifications/static/notifications/channel-locks.js";
import { InboxApi } from "../../../notifications/static/notifications/api.js";
import { InboxClient } from "../../../notifications/static/notifications/inbox-client.js";
import { catchUp } from "../../../notifications/static/notifications/tab-answers.js";
import { TabLeader } from "../../../notifications/static/notifications/tab-leader.js";
import { settle } from "./fake-clock.js";

const TASK_MS = 1;

/** Web Locks: one holder of a name, the others in line, and thieves. */
export class FakeLocks {
  #clock;
  #held = new Map();
  #waiting = [];

  constructor(clock) {
    this.#clock = clock;
  }

  holder(name) {
    return this.#held.get(name)?.tab;
  }

  /** `navigator.locks` of a tab. */
  of(tab) {
    return {
      request: (name, { signal, steal }, callback) =>
        new Promise((resolve, reject) => {
          const abort = () => reject(Object.assign(new Error("aborted"), { name: "AbortError" }));
          const request = { tab, name, callback, resolve, reject: () => tab.run(abort) };
          signal?.addEventListener("abort", () => {
            if (this.#waiting.includes(request)) request.reject();
            this.#waiting = this.#waiting.filter((other) => other !== request);
          });
          if (steal) {
            this.#held.get(name)?.reject();
            this.#held.delete(name);
            this.#waiting.unshift(request);
          } else this.#waiting.push(request);
          this.#grantSoon();
        }),
    };
  }

  /** The browser takes back what a tab that is gone has. */
  forget(tab) {
    this.#waiting = this.#waiting.filter((request) => request.tab !== tab);
    for (const [name, request] of this.#held) if (request.tab === tab) this.#held.delete(name);
    this.#grantSoon();
  }

  #grantSoon() {
    this.#clock.setTimeout(() => this.#grant(), TASK_MS);
  }

  #grant() {
    for (const request of [...this.#waiting]) {
      if (this.#held.has(request.name)) continue;
      this.#waiting = this.#waiting.filter((other) => other !== request);
      this.#held.set(request.name, request);
      request.tab.run(async () => {
        const answer = await request.callback({ name: request.name });
        if (this.#held.get(request.name) !== request) return;
        this.#held.delete(request.name);
        request.resolve(answer);
        this.#grantSoon();
      });
    }
  }
}

/** BroadcastChannel: to all others of that name, copied, in order. */
export class FakeChannels {
  #clock;
  #open = new Set();
  /** Is told of all that is posted, whether anybody hears it or not. @type {(message: any) => void} */
  heard = () => {};

  constructor(clock) {
    this.#clock = clock;
  }

  open(tab, name) {
    const channel = {
      name,
      tab,
      onmessage: null,
      postMessage: (message) => this.#post(channel, structuredClone(message)),
      close: () => this.#open.delete(channel),
    };
    this.#open.add(channel);
    return channel;
  }

  countOf(tab) {
    return [...this.#open].filter((channel) => channel.tab === tab).length;
  }

  forget(tab) {
    for (const channel of this.#open) if (channel.tab === tab) this.#open.delete(channel);
  }

  #post(from, message) {
    this.heard(message);
    const others = [...this.#open].filter((other) => other !== from && other.name === from.name);
    for (const other of others) {
      this.#clock.setTimeout(() => other.tab.run(() => this.#open.has(other) && other.onmessage?.({ data: structuredClone(message) })), TASK_MS);
    }
  }
}

/** localStorage. */
export class FakeStorage {
  #entries = new Map();

  get length() {
    return this.#entries.size;
  }

  key(at) {
    return [...this.#entries.keys()][at] ?? null;
  }

  getItem(key) {
    return this.#entries.get(key) ?? null;
  }

  setItem(key, value) {
    this.#entries.set(key, value);
  }

  removeItem(key) {
    this.#entries.delete(key);
  }
}

/**
 * A tab, in which nothing happens while it stands still, and nothing at all when it is gone. Its
 * network: `open`, and `server`, which has the methods of an InboxApi.
 */
export class FakeTab {
  events = [];
  isVisible = true;
  isGone = false;
  #isStill = false;
  #backlog = [];

  constructor(browser, { user = "user-1", hasLocks = true } = {}) {
    const { clock, random, storage } = browser;
    const page = { user, epoch: null, revision: 0, counts: { unread: 0, unseen: 0 } };
    const api = this.#apiOf(browser.server);
    let acts;
    this.browser = browser;
    // A timer that is due while the tab stands still can be cleared still.
    this.clock = {
      now: () => clock.now(),
      setTimeout: (call, ms) => {
        const timer = { isCleared: false, id: clock.setTimeout(() => this.run(() => timer.isCleared || call()), ms) };
        return timer;
      },
      clearTimeout: (timer) => {
        if (!timer) return;
        timer.isCleared = true;
        clock.clearTimeout(timer.id);
      },
    };
    this.links = new Set();
    const open = (cursor, events) => this.#open(cursor, events);
    this.client = new InboxClient({
      url: "http://host/api/v1/",
      open: (cursor, events) => this.tabs.open(cursor, events),
      services: async () => ({ api, acts: (acts ??= new Acts({ client: this.client, api, page, storage, now: () => clock.now() })) }),
      transports: { transport: "ws", works: () => {}, next: () => {} },
      clock: this.clock,
      random,
      page,
    });
    const channel = (name) => browser.channels.open(this, name);
    this.tabs = new TabLeader(this.client, {
      open,
      locks: hasLocks ? browser.locks.of(this) : new ChannelLocks({ channel, clock: this.clock, random }),
      channel,
      catchUp: async (...asked) => catchUp(...asked),
      tab: String(random()),
      isVisible: () => this.isVisible,
    });
    for (const type of /** @type {const} */ (["notification", "summary", "state", "signedout", "error"])) {
      this.client.addEventListener(type, ({ detail }) => this.events.push({ type, epoch: this.client.inbox.epoch, ...detail }));
    }
    // As the bell does.
    this.client.addEventListener("state", () => this.client.state === "live" && this.client.acts());
    this.client.start();
  }

  get isRunning() {
    return !this.isGone && !this.#isStill;
  }

  run(call) {
    if (this.isGone) return;
    if (this.#isStill) this.#backlog.push(call);
    else call();
  }

  close() {
    this.tabs.suspend({ closesChannel: true });
    this.crash();
  }

  crash() {
    this.isGone = true;
    for (const link of this.links) link.close();
    this.links.clear();
    this.browser.locks.forget(this);
    this.browser.channels.forget(this);
  }

  /** Its page is told before. */
  freeze() {
    this.tabs.suspend();
    this.#isStill = true;
  }

  async resume() {
    await this.goOn();
    this.client.start();
  }

  /** Its page is not told. */
  hang() {
    this.#isStill = true;
  }

  /** Task by task, as a browser does. */
  async goOn() {
    this.#isStill = false;
    for (const call of this.#backlog.splice(0)) {
      this.run(call);
      await settle();
    }
  }

  /** Those that it announced, with the epoch in which it did. */
  get announced() {
    return this.events.flatMap(({ epoch, notification, notifications = [notification] }) =>
      notifications.filter(Boolean).map((one) => ({ ...one, epoch })),
    );
  }

  #open(cursor, events) {
    const link = this.browser.server.open(cursor, {
      cursor: events.cursor,
      message: (text) => this.run(() => events.message(text)),
      close: (code) => this.run(() => {
        this.links.delete(link);
        events.close(code);
      }),
    }); // prettier-ignore
    this.links.add(link);
    return {
      send: (text) => link.send(text),
      close: () => {
        this.links.delete(link);
        link.close();
      },
    };
  }

  /** Answers reach a tab only while it moves. */
  #apiOf(server) {
    const answered = (promise) =>
      new Promise((resolve, reject) => {
        promise.then(
          (answer) => this.run(() => resolve(answer)),
          (error) => this.run(() => reject(error)),
        );
      });
    const api = {
      one: async () => null,
      chosen: async () => ({}),
      page: async () => null, choose: async () => ({}), mute: async () => ({}),
      session: () => answered(server.session()),
      act: (body) => answered(server.post(body)),
      whyStop: (page) => InboxApi.prototype.whyStop.call(api, page),
    };
    return api;
  }
}

export class FakeBrowser {
  tabs = new Set();
  storage = new FakeStorage();

  /** @param {any} server gives `open`, `session` and `post` */
  constructor({ clock, random, server }) {
    Object.assign(this, { clock, random, server });
    this.locks = new FakeLocks(clock);
    this.channels = new FakeChannels(clock);
  }

  open(options) {
    const tab = new FakeTab(this, options);
    this.tabs.add(tab);
    return tab;
  }

  get running() {
    return [...this.tabs].filter((tab) => tab.isRunning);
  }

  /** Those that have a connection of their own. */
  get connected() {
    return this.running.filter((tab) => tab.links.size);
  }

  get leaders() {
    return this.running.filter((tab) => tab.tabs.role === "leader");
  }
}
