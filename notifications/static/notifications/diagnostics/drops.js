/** Breaks this tab's connection on purpose, and looks at what became of it. */
import { gettext, interpolate, ngettext } from "../gettext.js";
import { msText } from "./figures.js";

const BACK_WITHIN_MS = 120_000;
const LEVEL_WITHIN_MS = 10_000;
const STEAL_TRIES = 10;
const STEAL_PAUSE_MS = 2_000;
const ASKED = 100;

/** @typedef {{isRefusing: boolean, cut(): void, silence(): void, sockets: {size: number}}} Breakable */

/** Lets this tab hold the connection for all tabs. Whether it does. @param {Inbox.Client} client @param {LockManager | undefined} locks */
export async function takeOver(client, locks) {
  // Whoever held it stands at the end of the line, so that it is our turn after a while.
  for (let tries = 0; client.leader && tries < STEAL_TRIES; tries++) {
    if (!locks) return false; // over plain HTTP there are none
    await locks.request(client.name, { steal: true }, async () => {});
    await until(client, () => !client.leader, STEAL_PAUSE_MS);
  }
  return !client.leader && (await until(client, () => client.state === "live", BACK_WITHIN_MS));
}

/**
 * Does it, and waits until the client is back.
 * @param {Inbox.Client} client
 * @param {Breakable} tap
 * @param {Diagnostics.DropKind} kind
 * @param {Pick<Inbox.Api, "page">} api
 * @returns {Promise<string>} what happened, in a sentence
 */
export async function dropAndReturn(client, tap, kind, api) {
  const { revision } = client.inbox;
  const began = performance.now();
  if (kind === "silence") tap.silence();
  if (kind === "refuse") tap.isRefusing = true;
  if (kind !== "silence") tap.cut();
  const isGone = await until(client, () => client.state !== "live", BACK_WITHIN_MS);
  const noticedMs = performance.now() - began;
  if (!isGone) return gettext("The client has not noticed it.");
  if (!(await until(client, () => client.state === "live", BACK_WITHIN_MS))) return gettext("Not back within two minutes.");
  const backMs = performance.now() - began;
  const noticed = kind === "silence" ? [interpolate(gettext("Noticed after %(time)s."), { time: msText(noticedMs) })] : [];
  const back = interpolate(BACK[client.transport || "ws"], { time: msText(kind === "silence" ? backMs - noticedMs : backMs) });
  return [...noticed, back, await arrivedText(client, revision, api)].join(" ");
}

const BACK = {
  get ws() { return gettext("Back in %(time)s."); },
  get sse() { return gettext("Back in %(time)s, by server-sent events."); },
  get poll() { return gettext("Back in %(time)s, by long polling."); },
};

/** What came while nothing could come, by what the server says that there is. @param {Inbox.Client} client @param {number} before @param {Pick<Inbox.Api, "page">} api */
async function arrivedText(client, before, api) {
  const page = await api.page({ limit: String(ASKED) }).catch(() => null);
  if (!page) return gettext("The server could not be asked what arrived meanwhile.");
  await until(client, () => client.inbox.revision >= page.revision, LEVEL_WITHIN_MS);
  const arrived = page.notifications.filter((one) => one.arrived_revision > before);
  const { notifications, oldest } = client.inbox;
  // A client does not hold what is older than the oldest that it holds.
  const lost = arrived.filter((one) => !notifications.has(one.id) && one.arrived_revision >= (oldest?.arrived_revision ?? 0));
  const { length: count } = arrived;
  const some = count === ASKED ? ngettext("At least %(count)s arrived meanwhile", "At least %(count)s arrived meanwhile", count) : ngettext("%(count)s arrived meanwhile", "%(count)s arrived meanwhile", count);
  const what = count ? interpolate(some, { count }) : gettext("Nothing arrived meanwhile");
  if (!lost.length) return interpolate(gettext("%(what)s, none lost."), { what });
  const missing = ngettext(
    "%(what)s; %(count)s is missing here: please copy the report.",
    "%(what)s; %(count)s are missing here: please copy the report.",
    lost.length,
  );
  return interpolate(missing, { what, count: lost.length });
}

/** Whether it becomes true in time. @param {Inbox.Client} client @param {() => boolean} isTrue @param {number} withinMs @returns {Promise<boolean>} */
function until(client, isTrue, withinMs) {
  return new Promise((resolve) => {
    const listening = new AbortController();
    const end = () => {
      clearTimeout(timer);
      listening.abort();
      resolve(isTrue());
    };
    const look = () => isTrue() && end();
    const timer = setTimeout(end, withinMs);
    for (const type of /** @type {const} */ (["state", "change"])) client.addEventListener(type, look, { signal: listening.signal });
    look();
  });
}
