/** A new element; text is always text, never markup. @returns {any} */
export function element(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

/**
 * Makes `nodes` the children of `list`. Those that stay are not moved, since that costs the focus;
 * from one that leaves the focus goes to a neighbour, or else to `refuge`.
 */
export function place(list, nodes, refuge) {
  const before = [...list.children];
  const stays = (child) => nodes.includes(child);
  const lost = before.findIndex((child) => !stays(child) && child.contains(list.getRootNode().activeElement));
  const heir = before.slice(lost + 1).find(stays) ?? before.slice(0, lost + 1).findLast(stays);
  // Before it is lost: on its way to the body it would call listeners in the middle of a removal.
  if (lost >= 0) (heir?.querySelector("a") ?? refuge)?.focus();
  for (const child of before) if (!stays(child)) child.remove();
  nodes.forEach((node, at) => node === list.children[at] || list.insertBefore(node, list.children[at]));
}

/** What has the focus, in whatever shadow. @param {Document | ShadowRoot} root */
export function focused(root = document) {
  const { activeElement } = root;
  return activeElement?.shadowRoot?.activeElement ? focused(activeElement.shadowRoot) : activeElement;
}
