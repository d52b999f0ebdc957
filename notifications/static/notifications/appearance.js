/** How a notification's sender and category are shown: the twin of appearance.py. No DOM. */

// As many as row.css has colours for.
const HUES = 8;
const PRIME = 65521;

/**
 * What people are told of a category; of the one that says nothing, nothing.
 * @param {string} category
 * @param {Record<string, string>} labels
 */
export function categoryLabel(category, labels) {
  if (Object.hasOwn(labels, category)) return labels[category];
  if (category === "general") return "";
  const words = category.split(/[_.-]+/).filter(Boolean).join(" ");
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}

/**
 * One or two letters that stand for a sender; empty: there are none in the name. Scripts without
 * capitals join their letters or write a word in one: there the first is enough.
 * @param {string} sender
 */
export function initials(sender) {
  const firsts = sender.split(/\s+/u).flatMap((word) => word.match(/[\p{L}\p{N}]/u) ?? []);
  const [first = ""] = firsts;
  const hasCapitals = first.toUpperCase() !== first.toLowerCase();
  return (hasCapitals && firsts.length > 1 ? first + firsts[firsts.length - 1] : first).toUpperCase();
}

/** Which of the colours is a sender's own: the same one everywhere, for ever. @param {string} sender */
export function hue(sender) {
  let number = 7;
  for (const character of sender) number = (number * 31 + (character.codePointAt(0) ?? 0)) % PRIME;
  return number % HUES;
}

/** The labels that a bell's tag brought along, by categories. @param {Element | null} bell @returns {Record<string, string>} */
export function labelsOf(bell) {
  try {
    return Object(JSON.parse(bell?.getAttribute("categories") || "{}"));
  } catch {
    return {};
  }
}
