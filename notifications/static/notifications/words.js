/** What the panel, the toasts and the inbox page say. */
export const TEXT = {
  heading: "Notifications",
  markAll: "Mark all as read",
  openInbox: "Open inbox",
  showAll: "Show all",
  empty: "You're all caught up.",
  loading: "Loading…",
  read: "Mark as read",
  unread: "Mark as unread",
  archive: "Archive",
  restore: "Move to inbox",
  snooze: "Snooze",
  mute: "Mute",
  general: "General",
  wake: "Wake now",
  save: "Save",
  unsave: "Remove from saved",
  snoozed: "Snoozed",
  until: "Snoozed until ",
  badUntil: "Choose a time between 3 minutes and a year from now.",
  allRead: "All marked as read.",
  open: "Open",
  actions: "Actions",
  select: "Select",
  withdrawn: "This notification was withdrawn by its sender.",
  undo: "Undo",
  shortcuts: "Keyboard shortcuts",
  singleKeys: "Use single-key shortcuts",
  close: "Close",
  dismiss: "Dismiss",
  late: "Reconnecting… New notifications may be late.",
  tryNow: "Try now",
};

/** What is said of an act that can be taken back. @type {Record<Inbox.RowOp, string>} */
export const DONE = {
  read: "Marked as read.",
  unread: "Marked as unread.",
  archive: "Archived.",
  restore: "Moved to the inbox.",
  snooze: "Snoozed.",
  save: "Saved.",
  unsave: "No longer saved.",
};

/** The same of many at once: as acting.py says it. @type {Record<Inbox.RowOp, string>} */
const DONE_MANY = {
  read: "{count} marked as read.",
  unread: "{count} marked as unread.",
  archive: "{count} archived.",
  restore: "{count} moved to the inbox.",
  snooze: "{count} snoozed.",
  save: "{count} saved.",
  unsave: "{count} no longer saved.",
};

/** What can be muted, and what is said of it: as muting.py says it. */
export const MUTES = {
  thread: "Mute this thread",
  /** @param {string} name */
  sender: (name) => `Mute ${name}`,
  /** @param {string} label */
  category: (label) => `Mute category ${label}`,
};

export const MUTED = {
  /** @param {string} title */
  thread: (title) => `Muted: the thread of “${title}”.`,
  /** @param {string} name */
  sender: (name) => `Muted: everything from ${name}.`,
  /** @param {string} label */
  category: (label) => `Muted: category ${label}.`,
};

export const SHORTCUTS = [
  ["j", "Next notification"],
  ["k", "Previous notification"],
  ["o", "Open"],
  ["e", "Archive"],
  ["b", "Snooze"],
  ["m", "Mute"],
  ["s", "Save, or remove from saved"],
  ["u", "Mark as read or unread"],
  ["Shift I", "Mark as read"],
  ["Shift U", "Mark as unread"],
  ["x", "Select"],
  ["z", "Undo"],
  ["/", "Search"],
  ["?", "Show this list"],
];

/** Those that cannot be switched off, since they are no letters. */
export const MOVES = [
  ["Shift ↓", "Select down to the next"],
  ["Shift ↑", "Select up to the one before"],
  ["Esc", "Clear the selection, or close"],
];

/** @type {Record<Inbox.ClientState, string>} */
export const STATES = {
  connecting: "Connecting…",
  waiting: "Reconnecting…",
  live: "Live",
  offline: "Offline",
  stopped: "Not connected",
};

/** Why a page cannot go on for its user, and the way on. */
const ENDS = {
  signed_out: { text: "You've been signed out.", way: "Sign in again" },
  other_user: { text: "You're signed in as someone else in another tab.", way: "Reload" },
};

/** Null: it goes on, or ended in another way. @param {Inbox.StopReason | null} reason */
export const endOf = (reason) => (reason === "signed_out" || reason === "other_user" ? ENDS[reason] : null);

/** Nobody asked for `seen`. @type {Record<Exclude<Inbox.Failure["op"], "seen">, string>} */
const FAILURES = {
  read: "Couldn't mark as read",
  unread: "Couldn't mark as unread",
  archive: "Couldn't archive",
  restore: "Couldn't move to the inbox",
  snooze: "Couldn't snooze",
  save: "Couldn't save",
  unsave: "Couldn't remove from saved",
  mute: "Couldn't mute",
  unmute: "Couldn't take the mute back",
};

/** @param {string} at */
export const offlineText = (at) => `You're offline. Showing what we had at ${at}.`;

/** @param {number} count */
export const newText = (count) => `${count} new notification${count === 1 ? "" : "s"}`;

/** What is said of those that came, oldest first. @param {Inbox.Notification[]} notifications */
export function announcement(notifications) {
  const { length, [length - 1]: latest } = notifications;
  return length === 1 ? `New notification: ${latest.title}` : `${newText(length)}. Latest: ${latest.title}`;
}

/** @param {number} count */
export const selectedText = (count) => `${count} selected`;

/** What is said of an act at many. @param {Inbox.RowOp} op @param {number} count */
export const doneText = (op, count) => DONE_MANY[op].replace("{count}", String(count));

/** @param {keyof typeof FAILURES} op @param {string} [title] */
export const failureText = (op, title) => FAILURES[op] + (title ? `: ${title}` : "");

/** Levels that matter have a word, not only a colour. @param {Inbox.Level | "error"} level */
export const levelText = (level) => (level === "info" ? "" : level[0].toUpperCase() + level.slice(1));
