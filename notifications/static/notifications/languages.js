/** Which languages there are beside English: each is a file, loaded by those pages that are in it. */
import { setWords, words } from "./gettext.js";

/** @type {Record<string, () => Promise<{ texts: Inbox.Catalogue }>>} */
const CATALOGUES = {
  ar: () => import("./words/ar.js"),
  de: () => import("./words/de.js"),
};

/**
 * Waits for the words of the page's language, or of the one in which its bell is said to be; or for those
 * that the page brings, by its bell's attribute `words`. Without them the page is in English.
 */
export async function loadWords() {
  const bell = document.querySelector("notification-bell");
  const own = bell?.getAttribute("words");
  const spoken = bell?.closest("[lang]") ?? document.documentElement;
  const [language] = spoken.getAttribute("lang")?.split("-") ?? [];
  const isKnown = Object.hasOwn(CATALOGUES, language);
  if (words() || !(own || isKnown)) return;
  const loading = own ? import(new URL(own, document.baseURI).href) : CATALOGUES[language]();
  const { texts } = await loading.catch(() => ({ texts: null }));
  if (texts) setWords(texts, language);
}
