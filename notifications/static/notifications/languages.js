/** Which languages there are beside English: each is a file, loaded by those pages that are in it. */
import { setWords, words } from "./gettext.js";

/** @type {Record<string, () => Promise<{ texts: Inbox.Catalogue }>>} */
const CATALOGUES = {
  ar: () => import("./words/ar.js"),
  de: () => import("./words/de.js"),
};

/**
 * Waits for the words of the page's language, or of the one in which its bell is said to be. Without
 * them the page is in English.
 */
export async function loadWords() {
  const spoken = document.querySelector("notification-bell")?.closest("[lang]") ?? document.documentElement;
  const [language] = spoken.getAttribute("lang")?.split("-") ?? [];
  // The page brought its own.
  if (words() || !Object.hasOwn(CATALOGUES, language)) return;
  const { texts } = await CATALOGUES[language]().catch(() => ({ texts: null }));
  if (texts) setWords(texts, language);
}
