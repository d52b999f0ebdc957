import { newId } from "./acts.js";
import { isUnread } from "./inbox-state.js";
import { earliestSnooze } from "./snoozing.js";
import { DONE, TEXT } from "./words.js";

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
