import { newId } from "./acts.js";
import { isUnread } from "./inbox-state.js";
import { earliestSnooze } from "./snoozing.js";
import { DONE, TEXT, doneText } from "./words.js";

/** @type {Partial<Record<Inbox.Op, Inbox.Op>>} */
const OPPOSITE = { read: "unread", unread: "read", save: "unsave", unsave: "save" };

/**
 * Does one act, and offers to take it back.
 * @param {Inbox.Client} client
 * @param {Inbox.Offers | undefined} bar
 * @param {Inbox.RowOp} op
 * @param {Inbox.Drawn} before as it was shown
 * @param {string} [until]
 */
export async function act(client, bar, op, before, until) {
  const isDone = client.act(op, [before.id], { until });
  const offered = bar?.offer(DONE[op], () => takeBack(client, op, before));
  if (await isDone) return true;
  bar?.hide(offered);
  return false;
}

/** Whether an act finds something to do. @type {Record<Inbox.RowOp, (one: Inbox.Drawn) => boolean>} */
const CHANGES = {
  read: ({ read_at }) => !read_at,
  unread: ({ read_at }) => Boolean(read_at),
  archive: ({ archived_at }) => !archived_at,
  restore: ({ archived_at, snoozed_until }) => Boolean(archived_at || snoozed_until),
  snooze: ({ archived_at }) => !archived_at,
  save: ({ saved_at }) => !saved_at,
  unsave: ({ saved_at }) => Boolean(saved_at),
};

/**
 * The same with many, as one act.
 * @param {Inbox.Client} client
 * @param {Inbox.Offers | undefined} bar
 * @param {Inbox.RowOp} op
 * @param {Inbox.Drawn[]} before as they were shown
 * @param {string} [until]
 */
export async function actOnMany(client, bar, op, before, until) {
  const changed = before.filter(CHANGES[op]);
  if (!changed.length) return;
  const ids = changed.map(({ id }) => id);
  const isDone = client.act(op, ids, { until });
  const offered = bar?.offer(doneText(op, ids.length), () => takeAllBack(client, op, changed));
  if (!(await isDone)) bar?.hide(offered);
}

/** @param {Inbox.Client} client @param {Inbox.RowOp} op @param {Inbox.Drawn[]} before */
function takeAllBack(client, op, before) {
  const opposite = OPPOSITE[op];
  if (opposite) return void client.act(opposite, before.map(({ id }) => id));
  /** @param {(one: Inbox.Drawn) => unknown} isOne */
  const some = (isOne) => before.filter(isOne).map(({ id }) => id);
  const [archived, free] = [some((one) => one.archived_at), some((one) => !one.archived_at && (op === "archive" || !one.snoozed_until))];
  if (archived.length) client.act("archive", archived);
  if (free.length) client.act("restore", free);
  const moments = new Set(before.filter((one) => !one.archived_at).map(({ snoozed_until }) => snoozed_until));
  for (const until of moments) {
    if (until) client.act("snooze", some((one) => one.snoozed_until === until), { until: earliestSnooze(until, client.now()) });
  }
}

/** @param {Inbox.Client} client @param {Inbox.Offers | undefined} bar */
export async function markAllRead(client, bar) {
  const op_id = newId();
  const { inbox } = client;
  const shown = [...inbox.notifications.values()].map((one) => inbox.view(one));
  const ids = shown.filter(isUnread).map(({ id }) => id);
  const isDone = client.act("read", null, { op_id });
  // The server knows what it changed, and what has changed again since.
  const offered = bar?.offer(TEXT.allRead, () => client.act("unread", ids, { undoes: op_id }));
  if (await isDone) return true;
  bar?.hide(offered);
  return false;
}

/** @param {Inbox.Client} client @param {Inbox.RowOp} op @param {Inbox.Drawn} before */
export async function takeBack(client, op, { id, archived_at, snoozed_until }) {
  const opposite = OPPOSITE[op];
  if (opposite) return client.act(opposite, [id]);
  if (!snoozed_until) return client.act(archived_at ? "archive" : "restore", [id]);
  // What is archived is not snoozed.
  if (op === "archive") client.act("restore", [id]);
  return client.act("snooze", [id], { until: earliestSnooze(snoozed_until, client.now()) });
}
