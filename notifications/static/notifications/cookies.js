/** The value of a cookie; undefined: there is none. @param {string | null} name */
export function cookie(name) {
  const start = `${name}=`;
  return document.cookie
    .split("; ")
    .find((one) => one.startsWith(start))
    ?.slice(start.length);
}
