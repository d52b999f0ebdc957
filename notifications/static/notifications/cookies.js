/**
 * The value of a cookie, under the name that an attribute of the page's bell says: the server's
 * settings give it. Where no bell says one, under `otherwise`.
 * @param {string} attribute
 * @param {string} [otherwise]
 */
export function cookie(attribute, otherwise) {
  const name = document.querySelector(`notification-bell[${attribute}]`)?.getAttribute(attribute) ?? otherwise;
  const start = `${name}=`;
  return document.cookie
    .split("; ")
    .find((one) => one.startsWith(start))
    ?.slice(start.length);
}
