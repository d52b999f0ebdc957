import { gettext, interpolate, ngettext } from "./gettext.js";

/** Its name: a number and a colour alone tell some users nothing. @param {number} unread @param {number} unseen */
export function bellName(unread, unseen) {
  const parts = [
    gettext("Notifications"),
    unread && interpolate(ngettext("%(count)s unread", "%(count)s unread", unread), { count: unread }),
    unseen && interpolate(ngettext("%(count)s new", "%(count)s new", unseen), { count: unseen }),
  ];
  return parts.filter(Boolean).join(gettext(", "));
}

/** @param {number} count */
export const badgeText = (count, max = 99) => (count > max ? `${max}+` : count ? `${count}` : "");

/** "(3) Inbox" from "Inbox", or from "(2) Inbox". @param {string} title @param {number} count */
export function titleWithCount(title, count) {
  const plain = title.replace(/^\(\d+\+?\) /, "");
  return count ? `(${badgeText(count)}) ${plain}` : plain;
}
