/** What a leading tab says to one that follows, as a server would. */
import { byArrival } from "./inbox-state.js";

// Nothing is wrong with a leader that is silent for long: its lock tells whether it is there.
const PING_INTERVAL_S = 3600;

/**
 * That all is synced, and before that the inbox where a tab does not have it.
 * @param {Inbox.Client} client
 * @param {Inbox.TabCursor} cursor where the tab is
 * @returns {Inbox.Frame[]}
 */
export function catchUp(client, cursor) {
  const { user, inbox } = client;
  const { epoch, revision, counts, oldest } = inbox;
  const server_time = new Date(client.now()).toISOString();
  // We may have slept, and be behind the tab that asks.
  const isKnown = cursor.epoch === epoch && cursor.revision >= revision + Number(cursor.isAnew);
  const notifications = [...inbox.notifications.values()].sort(byArrival);
  return [
    { type: "hello", connection: client.connectionId, user: user ?? "", epoch, revision, server_time, ping_interval_s: PING_INTERVAL_S },
    ...(isKnown ? [] : [/** @type {const} */ ({ type: "snapshot", epoch, revision, notifications, more: oldest !== null, counts })]),
    { type: "synced", revision },
  ];
}
