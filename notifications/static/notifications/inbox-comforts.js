/** What the inbox page can begin without: loaded once its list is live. */
import { ConnectionStrip } from "./inbox-strip.js";
import { InboxKeys } from "./inbox-keys.js";
import { UndoBar } from "./inbox-undo.js";

/** @param {HTMLElement} root @param {Inbox.KeyedPage} page @param {Inbox.Client} client */
export function addComforts(root, page, client) {
  const undo = new UndoBar();
  root.prepend(new ConnectionStrip(client).node);
  root.append(undo.node, new InboxKeys(page).button);
  return undo;
}
