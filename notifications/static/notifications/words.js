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
  open: "Open",
  undo: "Undo",
  shortcuts: "Keyboard shortcuts",
  singleKeys: "Use single-key shortcuts",
  close: "Close",
  dismiss: "Dismiss",
  late: "Reconnecting… New notifications may be late.",
  tryNow: "Try now",
  signed_out: "Sign in again",
  other_user: "Reload",
};

/** What the inbox page says of an act that can be taken back. */
export const DONE = { archive: "Archived.", restore: "Moved to the inbox." };

export const SHORTCUTS = [
  ["j", "Next notification"],
  ["k", "Previous notification"],
  ["o", "Open"],
  ["e", "Archive"],
  ["u", "Mark as read or unread"],
  ["Shift I", "Mark as read"],
  ["Shift U", "Mark as unread"],
  ["z", "Undo"],
  ["?", "Show this list"],
];

export const STATES = {
  connecting: "Connecting…",
  waiting: "Reconnecting…",
  live: "Live",
  offline: "Offline",
  stopped: "Not connected",
  signed_out: "You've been signed out.",
  other_user: "You're signed in as someone else in another tab.",
};

const FAILURES = {
  read: "Couldn't mark as read",
  unread: "Couldn't mark as unread",
  archive: "Couldn't archive",
  restore: "Couldn't move to the inbox",
};

export const offlineText = (at) => `You're offline. Showing what we had at ${at}.`;

export const newText = (count) => `${count} new notification${count === 1 ? "" : "s"}`;

/** What is said of those that came, oldest first. */
export function announcement(notifications) {
  const { length, [length - 1]: latest } = notifications;
  return length === 1 ? `New notification: ${latest.title}` : `${newText(length)}. Latest: ${latest.title}`;
}

export const failureText = (op, title) => FAILURES[op] + (title ? `: ${title}` : "");

/** Levels that matter have a word, not only a colour. */
export const levelText = (level) => (level === "info" ? "" : level[0].toUpperCase() + level.slice(1));
