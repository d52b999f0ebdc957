/**
 * Loaded where the address or the browser's history says of a row: there alone is a way back to one.
 *
 * To the row of the page that was left for the list, or that was on top before a reload.
 * @param {{rowOf(id: string): Inbox.Row | undefined}} page
 */
export function comeBack(page) {
  const [navigation] = performance.getEntriesByType("navigation");
  const type = navigation instanceof PerformanceNavigationTiming ? navigation.type : "";
  const id = location.hash.startsWith("#n-") ? location.hash.slice(3) : type === "navigate" ? "" : history.state?.row;
  const row = page.rowOf(id ?? "");
  if (!row || (document.activeElement && document.activeElement !== document.body)) return;
  if (type === "reload") row.node.scrollIntoView();
  else row.node.focus();
}
