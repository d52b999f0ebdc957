/** What is around the list of the inbox page: its connection, its keys, the way back, and menus that close. */
import { chosenOf } from "./chosen.js";
import { ConnectionStrip } from "./inbox-strip.js";
import { InboxKeys } from "./inbox-keys.js";
import { UndoBar } from "./inbox-undo.js";

/** @param {HTMLElement} root @param {Inbox.KeyedPage} page @param {Inbox.Client} client */
export function addComforts(root, page, client) {
  const undo = new UndoBar();
  root.prepend(new ConnectionStrip(client).node);
  root.append(undo.node, new InboxKeys(page, chosenOf(client)).button);
  document.addEventListener("pointerdown", ({ target }) => closeMenus(target));
  // Before whoever else hears of it: one press closes one thing.
  document.addEventListener("keydown", (event) => event.key === "Escape" && escape(event), { capture: true });
  return undo;
}

/** @type {() => NodeListOf<HTMLDetailsElement>} */
const openMenus = () => document.querySelectorAll(".nb-menu[open]");

/** Closes what offers until when to snooze, but for the one in which something happened. @param {EventTarget | null} target */
function closeMenus(target) {
  for (const menu of openMenus()) if (!(target instanceof Node && menu.contains(target))) menu.open = false;
}

/** @param {KeyboardEvent} event */
function escape(event) {
  const [menu] = openMenus();
  if (!menu) return;
  event.preventDefault();
  event.stopPropagation();
  if (menu.contains(document.activeElement)) menu.querySelector("summary")?.focus();
  closeMenus(null);
}
