/** Its name: a number and a colour alone tell some users nothing. */
export const bellName = (unread, unseen) =>
  `Notifications${unread ? `, ${unread} unread` : ""}${unseen ? `, ${unseen} new` : ""}`;

export const badgeText = (count, max = 99) => (count > max ? `${max}+` : count ? `${count}` : "");

/** "(3) Inbox" from "Inbox", or from "(2) Inbox". */
export function titleWithCount(title, count) {
  const plain = title.replace(/^\(\d+\+?\) /, "");
  return count ? `(${badgeText(count)}) ${plain}` : plain;
}
