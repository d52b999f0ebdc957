/** Its name: a number and a colour alone tell some users nothing. @param {number} unread @param {number} unseen */
export const bellName = (unread, unseen) =>
  `Notifications${unread ? `, ${unread} unread` : ""}${unseen ? `, ${unseen} new` : ""}`;

/** @param {number} count */
export const badgeText = (count, max = 99) => (count > max ? `${max}+` : count ? `${count}` : "");

/** "(3) Inbox" from "Inbox", or from "(2) Inbox". @param {string} title @param {number} count */
export function titleWithCount(title, count) {
  const plain = title.replace(/^\(\d+\+?\) /, "");
  return count ? `(${badgeText(count)}) ${plain}` : plain;
}
