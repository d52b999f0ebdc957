import { around, gettext, interpolate, ngettext } from "./gettext.js";

/** What the panel, the toasts and the inbox page say. */
export const TEXT = {
  get heading() { return gettext("Notifications"); },
  get markAll() { return gettext("Mark all as read"); },
  get openInbox() { return gettext("Open inbox"); },
  get empty() { return gettext("You're all caught up."); },
  get loading() { return gettext("Loading…"); },
  get read() { return gettext("Mark as read"); },
  get unread() { return gettext("Mark as unread"); },
  get isUnread() { return gettext(", unread"); },
  get archive() { return gettext("Archive"); },
  get restore() { return gettext("Move to inbox"); },
  get snooze() { return gettext("Snooze"); },
  get mute() { return gettext("Mute"); },
  get general() { return gettext("General"); },
  get wake() { return gettext("Wake now"); },
  get save() { return gettext("Save"); },
  get unsave() { return gettext("Remove from saved"); },
  get snoozed() { return gettext("Snoozed"); },
  get badUntil() { return gettext("Choose a time between 3 minutes and a year from now."); },
  get allRead() { return gettext("All marked as read."); },
  get open() { return gettext("Open"); },
  get actions() { return gettext("Actions"); },
  get select() { return gettext("Select"); },
  get withdrawn() { return gettext("This notification was withdrawn by its sender."); },
  get undo() { return gettext("Undo"); },
  get shortcuts() { return gettext("Keyboard shortcuts"); },
  get singleKeys() { return gettext("Use single-key shortcuts"); },
  get close() { return gettext("Close"); },
  get dismiss() { return gettext("Dismiss"); },
  get late() { return gettext("Reconnecting… New notifications may be late."); },
  get searchFailed() { return gettext("Couldn't search. Check your connection and press Search to try again."); },
  get tryNow() { return gettext("Try now"); },
  get notLoaded() { return gettext("Couldn't load notifications."); },
  get tryAgain() { return gettext("Try again"); },
  get older() { return gettext("Older notifications"); },
};

/** The listings of an inbox. @type {Record<Inbox.ListingName, string>} */
export const TABS = {
  get inbox() { return gettext("Inbox"); },
  get unread() { return gettext("Unread"); },
  get snoozed() { return gettext("Snoozed"); },
  get saved() { return gettext("Saved"); },
  get archived() { return gettext("Archived"); },
};

/** What is said where there is nothing. @type {Record<Inbox.ListingName, string>} */
export const EMPTY = {
  get inbox() { return TEXT.empty; },
  get unread() { return gettext("Nothing unread."); },
  get snoozed() { return gettext("Nothing snoozed."); },
  get saved() { return gettext("Nothing saved yet."); },
  get archived() { return gettext("Nothing archived yet."); },
};

/** What is said of an act that can be taken back. @type {Record<Inbox.RowOp, string>} */
export const DONE = {
  get read() { return gettext("Marked as read."); },
  get unread() { return gettext("Marked as unread."); },
  get archive() { return gettext("Archived."); },
  get restore() { return gettext("Moved to the inbox."); },
  get snooze() { return gettext("Snoozed."); },
  get save() { return gettext("Saved."); },
  get unsave() { return gettext("No longer saved."); },
};

/** The same of many at once: as acting.py says it. @type {Record<Inbox.RowOp, (count: number) => string>} */
const DONE_MANY = {
  read: (count) => ngettext("%(count)s marked as read.", "%(count)s marked as read.", count),
  unread: (count) => ngettext("%(count)s marked as unread.", "%(count)s marked as unread.", count),
  archive: (count) => ngettext("%(count)s archived.", "%(count)s archived.", count),
  restore: (count) => ngettext("%(count)s moved to the inbox.", "%(count)s moved to the inbox.", count),
  snooze: (count) => ngettext("%(count)s snoozed.", "%(count)s snoozed.", count),
  save: (count) => ngettext("%(count)s saved.", "%(count)s saved.", count),
  unsave: (count) => ngettext("%(count)s no longer saved.", "%(count)s no longer saved.", count),
};

/** What can be muted, and what is said of it: as muting.py says it. */
export const MUTES = {
  get thread() { return gettext("Mute this thread"); },
  /** @param {string} name */
  sender: (name) => interpolate(gettext("Mute %(name)s"), { name }),
  /** @param {string} label */
  category: (label) => interpolate(gettext("Mute category %(label)s"), { label }),
};

export const MUTED = {
  /** @param {string} title */
  thread: (title) => interpolate(gettext("Muted: the thread of “%(title)s”."), { title }),
  /** @param {string} name */
  sender: (name) => interpolate(gettext("Muted: everything from %(name)s."), { name }),
  /** @param {string} label */
  category: (label) => interpolate(gettext("Muted: category %(label)s."), { label }),
};

/** Keys, and what they do. */
export const shortcuts = () => [
  ["j", gettext("Next notification")],
  ["k", gettext("Previous notification")],
  ["o", gettext("Open")],
  ["e", gettext("Archive")],
  ["b", gettext("Snooze")],
  ["m", gettext("Mute")],
  ["s", gettext("Save, or remove from saved")],
  ["u", gettext("Mark as read or unread")],
  ["Shift I", gettext("Mark as read")],
  ["Shift U", gettext("Mark as unread")],
  ["t", gettext("Show or fold the rest of a thread")],
  ["x", gettext("Select")],
  ["z", gettext("Undo")],
  ["/", gettext("Search")],
  ["?", gettext("Show this list")],
];

/** Empty: as it is meant to be. @param {Inbox.TransportName | ""} transport */
export const liveBy = (transport) => {
  if (transport === "sse") return gettext("Live, by server-sent events. WebSocket is blocked here.");
  return transport === "poll" ? gettext("Live, by long polling. WebSocket is blocked here.") : "";
};

/** Those that cannot be switched off, since they are no letters. */
export const moves = () => [
  ["↓", gettext("Next notification")],
  ["↑", gettext("Previous notification")],
  ["Shift ↓", gettext("Select down to the next")],
  ["Shift ↑", gettext("Select up to the one before")],
  ["Esc", gettext("Clear the selection, or close")],
];

/** @type {Record<Inbox.ClientState, string>} */
export const STATES = {
  get connecting() { return gettext("Connecting…"); },
  get waiting() { return gettext("Reconnecting…"); },
  get live() { return gettext("Live"); },
  get offline() { return gettext("Offline"); },
  get stopped() { return gettext("Not connected"); },
};

/** Why a page cannot go on for its user, and the way on. */
const ENDS = {
  signed_out: () => ({ text: gettext("You've been signed out."), way: gettext("Sign in again") }),
  other_user: () => ({ text: gettext("You're signed in as someone else in another tab."), way: gettext("Reload") }),
};

/** Null: it goes on, or ended in another way. @param {Inbox.StopReason | null} reason */
export const endOf = (reason) => (reason === "signed_out" || reason === "other_user" ? ENDS[reason]() : null);

/** Nobody asked for `seen`. @type {Record<Exclude<Inbox.Failure["op"], "seen">, string>} */
const FAILURES = {
  get read() { return gettext("Couldn't mark as read"); },
  get unread() { return gettext("Couldn't mark as unread"); },
  get archive() { return gettext("Couldn't archive"); },
  get restore() { return gettext("Couldn't move to the inbox"); },
  get snooze() { return gettext("Couldn't snooze"); },
  get save() { return gettext("Couldn't save"); },
  get unsave() { return gettext("Couldn't remove from saved"); },
  get mute() { return gettext("Couldn't mute"); },
  get unmute() { return gettext("Couldn't take the mute back"); },
};

/** @param {string} at */
export const offlineText = (at) => interpolate(gettext("You're offline. Showing what we had at %(time)s."), { time: at });

/** @param {Node} at */
export const snoozedUntil = (at) => around(gettext("Snoozed until %(time)s"), "time", at);

/** @param {number} count */
export const newText = (count) => interpolate(ngettext("%(count)s new notification", "%(count)s new notifications", count), { count });

/** What is said of those that came, oldest first. @param {Inbox.Notification[]} notifications */
export function announcement(notifications) {
  const { length: count, [count - 1]: latest } = notifications;
  const { title } = latest;
  if (count === 1) return interpolate(gettext("New notification: %(title)s"), { title });
  const text = ngettext("%(count)s new notification. Latest: %(title)s", "%(count)s new notifications. Latest: %(title)s", count);
  return interpolate(text, { count, title });
}

/** @param {number} count @param {boolean} isLink to the inbox; else more are shown in place */
export function moreText(count, isLink) {
  const [inInbox, here] = [
    ngettext("+%(count)s more · Open inbox", "+%(count)s more · Open inbox", count),
    ngettext("+%(count)s more · Show all", "+%(count)s more · Show all", count),
  ];
  return interpolate(isLink ? inInbox : here, { count });
}

/** How many of its thread a row has folded into it. @param {number} count */
export const earlierText = (count) => interpolate(ngettext("+%(count)s earlier", "+%(count)s earlier", count), { count });

/** What is done with a row; with how many, where there are several in it. @param {string} what @param {number} count */
export const ofAll = (what, count) =>
  count > 1 ? interpolate(ngettext("%(what)s (all %(count)s)", "%(what)s (all %(count)s)", count), { what, count }) : what;

/** @param {number} count */
export const selectedText = (count) => interpolate(ngettext("%(count)s selected", "%(count)s selected", count), { count });

/** What is said of an act at many. @param {Inbox.RowOp} op @param {number} count */
export const doneText = (op, count) => interpolate(DONE_MANY[op](count), { count });

/** @param {keyof typeof FAILURES} op @param {string} [title] */
export const failureText = (op, title) =>
  title ? interpolate(gettext("%(what)s: %(title)s"), { what: FAILURES[op], title }) : FAILURES[op];

const LEVELS = {
  get success() { return gettext("Success"); },
  get warning() { return gettext("Warning"); },
  get critical() { return gettext("Critical"); },
  get error() { return gettext("Error"); },
};

/** Levels that matter have a word, not only a colour. @param {Inbox.Level | "error"} level */
export const levelText = (level) => (level === "info" ? "" : LEVELS[level]);
