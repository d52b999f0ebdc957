import { element } from "./dom.js";
import { moves, shortcuts, TEXT } from "./words.js";

/** Says which keys there are, and whether single letters are some. @param {HTMLElement} button that opens it @param {Inbox.Chosen} chosen */
export function shortcutsDialog(button, chosen) {
  const keys = [...shortcuts(), ...moves()].flatMap(([key, what]) => [element("dt", {}, element("kbd", { textContent: key })), element("dd", { textContent: what })]);
  const box = element("input", { type: "checkbox", checked: chosen.keys });
  // Where that cannot be sent it holds until the page is left.
  box.addEventListener("change", () => chosen.choose({ keys: box.checked }).catch(() => {}));
  chosen.addEventListener("change", () => (box.checked = chosen.keys));
  const heading = element("h2", { id: "shortcuts-heading", textContent: TEXT.shortcuts });
  const close = element("form", { method: "dialog" }, element("button", { className: "primary", textContent: TEXT.close }));
  const dialog = element("dialog", {}, heading, element("dl", {}, ...keys), element("p", {}, element("label", {}, box, TEXT.singleKeys)), close);
  dialog.setAttribute("aria-labelledby", heading.id);
  // Within the inbox, whose look it has.
  button.after(dialog);
  return dialog;
}
