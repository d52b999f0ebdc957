/**
 * A new element; text is always text, never markup.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Partial<Omit<HTMLElementTagNameMap[Tag], "part">> & {part?: string}} [properties]
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

/**
 * A new shape of a picture.
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {string} [text]
 */
export function svgElement(tag, attributes, text = "") {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.textContent = text;
  return node;
}

/** Has a node say this; what says it already is left alone. @param {Element} node @param {string} text */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Hides a node or shows it; what is so already is left alone. @param {HTMLElement} node @param {boolean} isHidden */
export function hide(node, isHidden) {
  if (node.hidden !== isHidden) node.hidden = isHidden;
}

/**
 * Makes `nodes` the children of `list`. Those that stay are not moved, since that costs the focus;
 * from one that leaves the focus goes to a neighbour, or else to `refuge`.
 * @param {Element} list
 * @param {Element[]} nodes
 * @param {HTMLElement} [refuge]
 */
export function place(list, nodes, refuge) {
  const before = [...list.children];
  const kept = new Set(nodes);
  const root = list.getRootNode();
  const focus = root instanceof Document || root instanceof ShadowRoot ? root.activeElement : null;
  /** @param {Element} child */
  const stays = (child) => kept.has(child);
  const lost = before.findIndex((child) => !stays(child) && child.contains(focus));
  const heir = before.slice(lost + 1).find(stays) ?? before.slice(0, lost + 1).findLast(stays);
  // Before it is lost: on its way to the body it would call listeners in the middle of a removal.
  if (lost >= 0) (heir?.querySelector("a") ?? refuge)?.focus();
  for (const child of before) if (!stays(child)) child.remove();
  nodes.forEach((node, at) => node === list.children[at] || list.insertBefore(node, list.children[at]));
}

/**
 * What a page of ours has, as its template says.
 * @template {HTMLElement} Kind
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => Kind} kind
 * @returns {Kind}
 */
export function part(root, selector, kind) {
  const found = root.querySelector(selector);
  if (!(found instanceof kind)) throw new Error(`There is no ${kind.name} ${selector} here.`);
  return found;
}

/** What has the focus, in whatever shadow. @param {Document | ShadowRoot} root @returns {HTMLElement | null} */
export function focused(root = document) {
  const { activeElement } = root;
  if (activeElement?.shadowRoot?.activeElement) return focused(activeElement.shadowRoot);
  return activeElement instanceof HTMLElement ? activeElement : null;
}
