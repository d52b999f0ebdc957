/** Which languages there are beside English: each is a file, loaded by those pages that are in it. */
import { setWords, words } from "./gettext.js";

/** @type {Record<string, () => Promise<{ texts: Inbox.Catalogue }>>} */
const CATALOGUES = {
  ar: () => import("./words/ar.js"),
  de: () => import("./words/de.js"),
};

let asked = 0;

/**
 * Waits for the words of the page's language, or of the one in which its bell is said to be; or for those
 * that the page brings, by its bell's attribute `words`. Without them the page is in English.
 */
export async function loadWords() {
  if (!words()) await load();
}

/** Does so again when that is another language from now on. @param {() => void} changed they are there */
export function followLanguage(changed) {
  let last = languageOf();
  const follow = async () => {
    if (languageOf() === last) return;
    last = languageOf();
    if (await load()) changed();
  };
  new MutationObserver(follow).observe(document, { attributeFilter: ["lang"], subtree: true });
}

/** Whether it was the last to be asked. */
async function load() {
  const own = document.querySelector("notification-bell")?.getAttribute("words");
  const language = languageOf();
  const at = ++asked;
  const loading = own ? import(new URL(own, document.baseURI).href) : CATALOGUES[language]?.();
  const loaded = await loading?.catch(() => null);
  if (at !== asked) return false;
  setWords(loaded?.texts ?? null, language);
  return true;
}

/** Empty: nobody says it. */
function languageOf() {
  const bell = document.querySelector("notification-bell");
  const spoken = bell?.closest("[lang]") ?? document.documentElement;
  const [language] = spoken.getAttribute("lang")?.split("-") ?? [];
  return Object.hasOwn(CATALOGUES, language) || bell?.hasAttribute("words") ? language : "";
}
