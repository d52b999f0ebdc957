/** Breaks this tab's connection on purpose, and looks at what became of it. */
import { counted, msText } from "./figures.js";

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
  if (!isGone) return "The client has not noticed it.";
  if (!(await until(client, () => client.state === "live", BACK_WITHIN_MS))) return "Not back within two minutes.";
  const backMs = performance.now() - began;
  const noticed = kind === "silence" ? `Noticed after ${msText(noticedMs)}, back in ${msText(backMs - noticedMs)}` : `Back in ${msText(backMs)}`;
  return `${noticed}${BY[client.transport || "ws"]}. ${await arrivedText(client, revision, api)}`;
}

const BY = { ws: "", sse: ", by server-sent events", poll: ", by long polling" };

/** What came while nothing could come, by what the server says that there is. @param {Inbox.Client} client @param {number} before @param {Pick<Inbox.Api, "page">} api */
async function arrivedText(client, before, api) {
  const page = await api.page({ limit: String(ASKED) }).catch(() => null);
  if (!page) return "The server could not be asked what arrived meanwhile.";
  await until(client, () => client.inbox.revision >= page.revision, LEVEL_WITHIN_MS);
  const arrived = page.notifications.filter((one) => one.arrived_revision > before);
  const { notifications, oldest } = client.inbox;
  // A client does not hold what is older than the oldest that it holds.
  const lost = arrived.filter((one) => !notifications.has(one.id) && one.arrived_revision >= (oldest?.arrived_revision ?? 0));
  const what = arrived.length ? `${arrived.length === ASKED ? "At least " : ""}${arrived.length} arrived meanwhile` : "Nothing arrived meanwhile";
  return lost.length ? `${what}; ${counted(lost.length, "one is", "are")} missing here: please copy the report.` : `${what}, none lost.`;
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
