/** What of a notification can be muted, and muting it: the twin of muting.py. */
import { categoryLabel } from "./appearance.js";
import { element } from "./dom.js";
import { MUTED, MUTES, TEXT } from "./words.js";

/**
 * @param {Inbox.Notification} notification
 * @param {Record<string, string>} labels of categories
 * @returns {Inbox.Mute[]}
 */
export function mutesOf({ thread, sender, category, title }, labels) {
  const label = categoryLabel(category, labels) || TEXT.general;
  /** @type {Inbox.Mute[]} */
  const mutes = [{ kind: "category", value: category, label: MUTES.category(label), done: MUTED.category(label) }];
  if (sender) mutes.unshift({ kind: "sender", value: sender, label: MUTES.sender(sender), done: MUTED.sender(sender) });
  if (thread) mutes.unshift({ kind: "thread", value: thread, label: MUTES.thread, done: MUTED.thread(title) });
  return mutes;
}

/** Buttons that do so, of a row's form. @param {Inbox.Notification} notification @param {Record<string, string>} labels @param {number} tabIndex */
export const muteButtons = (notification, labels, tabIndex) =>
  mutesOf(notification, labels).map(({ kind, label }) => element("button", { name: "op", value: `mute-${kind}`, dir: "auto", textContent: label, tabIndex }));

/** @param {Inbox.Client} client @param {Inbox.Offers | undefined} bar @param {Inbox.Mute} one */
export async function mute(client, bar, one) {
  const acts = await client.acts().catch(() => null);
  if (!acts) return client.emit("error", { op: "mute", ids: null, status: 0 });
  const isDone = acts.mute(one, true);
  const offered = bar?.offer(one.done, () => acts.mute(one, false));
  if (!(await isDone)) bar?.hide(offered);
}
