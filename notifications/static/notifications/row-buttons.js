/** What can be done with a row of the inbox page: its buttons and menus, as _actions.html draws them. */
import { hide, part } from "./dom.js";
import { acting, labelled } from "./row-parts.js";
import { TEXT, ofAll } from "./words.js";

/** @param {Inbox.RowParts} parts @param {Inbox.Drawn} notification @param {{count: number, isUnread: boolean, isSaved: boolean}} all that is folded into its row */
export function showButtons({ id: input, toggle, wake, save, move, snooze, mute }, { id, title, archived_at, snoozed_until }, { count, isUnread, isSaved }) {
  input.value = id;
  hide(wake, !snoozed_until);
  hide(snooze, archived_at !== null);
  acting(toggle, isUnread ? "read" : "unread", title, count);
  acting(move, archived_at ? "restore" : "archive", title, count);
  acting(save, isSaved ? "unsave" : "save", title, count);
  labelled(wake, "wake", ofAll(TEXT.wake, count), title);
  labelled(part(snooze, "summary", HTMLElement), "snooze", ofAll(TEXT.snooze, count), title);
  labelled(part(mute, "summary", HTMLElement), "mute", TEXT.mute, title);
}

/** @param {Inbox.RowParts} parts @param {Inbox.Notification} notification @param {HTMLButtonElement[] | null} mutes null: it may not be muted */
export function showWays({ open, mute }, { title, url }, mutes) {
  open.hidden = !url;
  if (url) labelled(Object.assign(open, { href: url }), "open", TEXT.open, title);
  hide(mute, !mutes);
  part(mute, ".nb-choices", HTMLElement).replaceChildren(...(mutes ?? []));
}
