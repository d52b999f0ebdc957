/** What the reader has chosen of how they are told, as the page or the API says, and kept level. */

/** What holds where the settings say nothing else: the twin of preferences/categories.py. */
const HELD = { toast: true, desktop: true, sound: false };
const TOAST_S = 8;
const MINUTES_OF_DAY = 24 * 60;
const DAY_NAMES = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
/** @type {WeakMap<Inbox.Client, Chosen>} */
const known = new WeakMap();

/** The same one for all who ask. @param {Inbox.Client} client */
export function chosenOf(client) {
  const chosen = known.get(client) ?? new Chosen(client);
  known.set(client, chosen);
  return chosen;
}

class Chosen extends EventTarget {
  /** @type {Inbox.Preferences} */
  #said = {};
  #client;

  /** @param {Inbox.Client} client */
  constructor(client) {
    super();
    this.#client = client;
    const attribute = elementOf(client)?.getAttribute("preferences");
    if (attribute === null || attribute === undefined) this.#read();
    else this.#take(parsed(attribute));
    client.addEventListener("frame", ({ detail: frame }) => {
      const isAnew = frame.type === "snapshot" && client.isReady;
      if (isAnew || (frame.type === "changes" && frame.preferences)) this.#read();
    });
  }

  /** How long a toast stays; undefined: its reader has not chosen another time than everybody has. */
  get toastMs() {
    const { toast_s: seconds = TOAST_S } = this.#said;
    if (seconds === null) return Infinity;
    return seconds === TOAST_S ? undefined : seconds * 1000;
  }

  get keys() {
    return this.#said.keys ?? true;
  }

  /** Whether it may be shown there and now. @param {Inbox.Notification} notification @param {"toast" | "desktop" | "sound"} channel */
  allows({ category, level }, channel, nowMs = Date.now()) {
    const { quiet } = this.#said;
    const row = this.#row(category);
    if (level === "critical") return channel === "toast" || (row ?? HELD)[channel];
    return (row ?? HELD)[channel] && !isQuiet(quiet, nowMs);
  }

  /** Whether somebody may keep such a notification out. @param {Inbox.Notification} notification */
  mayMute({ category, level }) {
    return level !== "critical" && !this.#row(category)?.is_locked;
  }

  /** @param {Inbox.Preferences} changes */
  async choose(changes) {
    this.#take({ ...this.#said, ...changes });
    const acts = await this.#client.acts();
    await acts.choose(changes);
  }

  /** @param {string} category */
  #row(category) {
    const { categories = {} } = this.#said;
    return Object.hasOwn(categories, category) ? categories[category] : categories["*"];
  }

  async #read() {
    const answer = await this.#client.acts().then((acts) => acts.chosen()).catch(() => null);
    if (answer) this.#take(answer);
  }

  /** @param {Inbox.Preferences} said */
  #take(said) {
    this.#said = said;
    // On pages of ours alone, which say so themselves.
    const { dataset } = document.documentElement;
    if ("theme" in dataset) dataset.theme = said.theme ?? "auto";
    this.dispatchEvent(new Event("change"));
  }
}

/**
 * Whether it is quiet then, by the wall clock of the zone: so it is when clocks are set, too.
 * @param {Inbox.Quiet | null | undefined} quiet
 * @param {number} nowMs
 */
export function isQuiet(quiet, nowMs) {
  if (!quiet) return false;
  const [from, to, [day, now]] = [minutes(quiet.from), minutes(quiet.to), wallClock(quiet.zone, nowMs)];
  const began = from < to ? now >= from && now < to : now >= from;
  if (began && quiet.days.includes(day)) return true;
  return from >= to && now < to && quiet.days.includes((day + 6) % 7);
}

/** @param {string} clock */
const minutes = (clock) => clock.split(":").reduce((sum, part) => sum * 60 + Number(part), 0) % MINUTES_OF_DAY;

/** The day of the week (Monday is 0) and the minute of the day. @param {string} timeZone @param {number} nowMs */
function wallClock(timeZone, nowMs) {
  const format = new Intl.DateTimeFormat("en-GB", { timeZone, weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const parts = Object.fromEntries(format.formatToParts(nowMs).map(({ type, value }) => [type, value]));
  return [DAY_NAMES.indexOf(parts.weekday), minutes(`${parts.hour}:${parts.minute}`)];
}

/** @param {Inbox.Client} client */
const elementOf = ({ elements }) => [...elements].find((element) => element.hasAttribute("preferences"));

/** @param {string} text @returns {Inbox.Preferences} */
function parsed(text) {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}
