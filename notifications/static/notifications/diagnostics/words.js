/** The words of the diagnostics page alone, beside those that every page has. */
import { setWords, words } from "../gettext.js";
import { loadWords } from "../languages.js";

/** @type {Record<string, () => Promise<{ texts: Inbox.Catalogue }>>} */
const CATALOGUES = {
  ar: () => import("../words/ar-diagnostics.js"),
  de: () => import("../words/de-diagnostics.js"),
};

/** Waits for both. Without them the page is in English. */
export async function loadAllWords() {
  const [language] = document.documentElement.lang.split("-");
  const loading = Object.hasOwn(CATALOGUES, language) ? CATALOGUES[language]().catch(() => null) : null;
  await loadWords();
  const more = await loading;
  const known = words();
  if (more && known) setWords({ ...known.texts, ...more.texts }, language);
}
