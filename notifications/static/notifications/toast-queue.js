const BURST_MS = 2_000;
const BURST_MAX = 3;
// `error`: something that the reader did just now failed.
const URGENT = ["critical", "error"];

/**
 * Which toasts are up, and for how long. One that had to wait as long as it would have been shown is old
 * news: it is counted among those of which there are more, and shown no more. No DOM.
 */
export class ToastQueue {
  #clock;
  #changed;
  /** For the next ones; those that are urgent or summed up stay by their own rules. */
  durationMs;
  /** @type {{at: number, notification: Inbox.Notification}[]} */
  #recent = [];
  /** @type {Inbox.Toast[]} */
  #all = [];
  /** Those that waited too long, as long as anything is shown. @type {Inbox.Toast[]} */
  #missed = [];
  /** @type {Map<Inbox.Toast, {timer: Inbox.Timer, since: number, what: "leftMs" | "waitMs"}>} */
  #timers = new Map();
  #isPaused = false;
  /** How many are shown at once; the others wait. */
  limit = 3;

  /** @param {{clock: Inbox.Clock, changed: () => void, durationMs?: number}} options */
  constructor({ clock, changed, durationMs = 8_000 }) {
    this.#clock = clock;
    this.#changed = changed;
    this.durationMs = durationMs;
  }

  /** What cannot wait comes first; else it is the order of their arrival. */
  get shown() {
    /** @param {Inbox.Toast} toast */
    const order = (toast) => URGENT.indexOf(toast.level) + 1 || URGENT.length + 1;
    return [...this.#all].sort((a, b) => order(a) - order(b)).slice(0, this.limit);
  }

  /** How many there are to tell of beside those that are shown. */
  get moreCount() {
    const { shown } = this;
    const waiting = this.#all.filter((toast) => !shown.includes(toast));
    return [...this.#missed, ...waiting].reduce((sum, { notifications }) => sum + Math.max(1, notifications.length), 0);
  }

  /**
   * One that arrived. More than three in two seconds are summed up; critical ones always stand alone.
   * @param {Inbox.Notification} notification
   */
  add(notification) {
    if (notification.level === "critical") return this.#push([notification], { level: "critical", leftMs: Infinity });
    const now = this.#clock.now();
    this.#recent = this.#recent.filter(({ at }) => now - at < BURST_MS);
    this.#recent.push({ at: now, notification });
    const summary = this.#all.find(({ notifications }) => notifications.length > 1);
    if (summary) return this.#grow(summary, notification);
    if (this.#recent.length > BURST_MAX) return this.addAll(this.#recent.map((one) => one.notification));
    this.#push([notification], { level: notification.level });
  }

  /**
   * Several that are told together, in place of what told of some of them.
   * @param {Inbox.Notification[]} notifications
   */
  addAll(notifications) {
    const all = new Set(notifications);
    /** @param {Inbox.Toast} toast */
    const told = (toast) => toast.notifications.length > 0 && toast.notifications.every((one) => all.has(one));
    const grown = this.#all.find((toast) => toast.notifications.length > 1 && told(toast));
    this.#remove((toast) => toast.leftMs !== Infinity && told(toast));
    this.#push(notifications, { level: notifications.length > 1 ? "info" : notifications[0].level, key: grown?.key });
  }

  /** Nothing else is told by it. @param {Inbox.Toast} summary @param {Inbox.Notification} notification */
  #grow({ notifications, level, key }, notification) {
    this.#remove((toast) => toast.key === key);
    this.#push([...notifications, notification], { level, key });
  }

  /** @param {string} text */
  addError(text) {
    this.#push([], { level: "error", text });
  }

  /** @param {Inbox.Toast} toast */
  dismiss(toast) {
    this.#remove((other) => other === toast);
    this.#update();
  }

  /**
   * Takes away those of which nothing is left to tell, as after reading them elsewhere.
   * @param {(notification: Inbox.Notification) => boolean} isOpen
   */
  dropTold(isOpen) {
    this.#remove(({ notifications }) => notifications.length > 0 && !notifications.some(isOpen));
    this.#update();
  }

  /** The clock stands still while a toast is read, or the page cannot be. @param {boolean} isPaused */
  setPaused(isPaused) {
    this.#isPaused = isPaused;
    this.#update();
  }

  /**
   * @param {Inbox.Notification[]} notifications
   * @param {Pick<Inbox.Toast, "level" | "text"> & {leftMs?: number, key?: object}} properties
   */
  #push(notifications, { key = {}, ...properties }) {
    const waitMs = URGENT.includes(properties.level) ? Infinity : this.durationMs;
    this.#all.push({ notifications, key, leftMs: this.durationMs, waitMs, ...properties });
    this.#update();
  }

  /** @param {(toast: Inbox.Toast) => boolean} isLeaving */
  #remove(isLeaving) {
    this.#all = this.#all.filter((toast) => !isLeaving(toast));
    this.#missed = this.#missed.filter((toast) => !isLeaving(toast));
  }

  #update() {
    const { shown } = this;
    if (!shown.length) this.#missed = [];
    /** @param {Inbox.Toast} toast */
    const what = (toast) => (shown.includes(toast) ? "leftMs" : "waitMs");
    const running = this.#isPaused ? [] : this.#all.filter((toast) => toast[what(toast)] !== Infinity);
    for (const [toast, timer] of this.#timers) if (!running.includes(toast) || timer.what !== what(toast)) this.#stopTimer(toast);
    for (const toast of running) if (!this.#timers.has(toast)) this.#startTimer(toast, what(toast));
    this.#changed();
  }

  /** @param {Inbox.Toast} toast @param {"leftMs" | "waitMs"} what */
  #startTimer(toast, what) {
    const end = () => {
      this.dismiss(toast);
      if (what === "waitMs") this.#miss(toast);
    };
    const timer = this.#clock.setTimeout(end, toast[what]);
    this.#timers.set(toast, { timer, since: this.#clock.now(), what });
  }

  /** @param {Inbox.Toast} toast */
  #miss(toast) {
    this.#missed.push(toast);
    this.#changed();
  }

  /** @param {Inbox.Toast} toast */
  #stopTimer(toast) {
    const running = this.#timers.get(toast);
    if (!running) return;
    this.#clock.clearTimeout(running.timer);
    this.#timers.delete(toast);
    toast[running.what] -= this.#clock.now() - running.since;
  }
}
