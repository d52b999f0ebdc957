/** The styles of shadow roots: beside this module, under whatever names they were given. Bundles have them inside. */
export const BELL_STYLE = new URL("./bell.css", import.meta.url).href;
export const ROW_STYLE = new URL("./row.css", import.meta.url).href;
export const DETAILS_STYLE = new URL("./bell-details.css", import.meta.url).href;

/**
 * Settles once all of them are there, or one cannot be.
 * @param {ShadowRoot} root
 * @param {string[]} styles
 */
export function dress(root, ...styles) {
  const sheets = styles.map((href) => Object.assign(document.createElement("link"), { rel: "stylesheet", href }));
  const loaded = sheets.map((sheet) => new Promise((resolve, reject) => Object.assign(sheet, { onload: resolve, onerror: reject })));
  root.append(...sheets);
  return Promise.all(loaded);
}
