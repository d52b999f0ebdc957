/**
 * Texts in the page's language, by the names that Django's JavaScriptCatalog has: so what collects texts
 * finds them. English stands in the sources, and whoever reads it loads nothing.
 *
 * What is said of texts holds for all that is called later: so texts are asked for when they are drawn,
 * and never kept in a constant.
 */
// Not here: two bundles have this module, and both have to know.
const WORDS = Symbol.for("notifications.words");
const shared = /** @type {Record<symbol, Inbox.Words | undefined>} */ (/** @type {unknown} */ (globalThis));

/**
 * Has all that is drawn from now on in other words.
 * @param {Inbox.Catalogue | null} texts what is to be said for an English text; what is not in it stays English, as does all without
 * @param {string} language whose plural forms they have, and how times are written
 */
export function setWords(texts, language) {
  shared[WORDS] = texts ? { texts, language, rules: new Intl.PluralRules(language) } : undefined;
}

/** Undefined: it is English. */
export const words = () => shared[WORDS];

/** @param {string} text @returns {string} */
export const gettext = (text) => /** @type {string} */ (words()?.texts[text] ?? text);

/** One text that has several meanings. @param {string} context @param {string} text */
export function pgettext(context, text) {
  const key = `${context}\u0004${text}`;
  const said = gettext(key);
  return said === key ? text : said;
}

/** @param {string} one @param {string} many @param {number} count @returns {string} */
export function ngettext(one, many, count) {
  const { texts, rules } = words() ?? {};
  const forms = /** @type {Record<string, string> | undefined} */ (texts?.[one]);
  return forms?.[rules?.select(count) ?? ""] ?? forms?.other ?? (count === 1 ? one : many);
}

/** Puts values where `%(name)s` stands. @param {string} text @param {Record<string, string | number>} values */
export const interpolate = (text, values) => text.replace(/%\((\w+)\)s/g, (_, name) => String(values[name]));

/** The same for an element that stands in a sentence. @param {string} text @param {string} name @param {Node} node */
export function around(text, name, node) {
  const [before, after = ""] = text.split(`%(${name})s`);
  return [before, node, after];
}
