/** How many bytes cross the wire. Heads are counted as HTTP/1.1 has them, frames as RFC 6455 does. */

const encoder = new TextEncoder();
const LINE_END = 2;
const MASK = 4;
/** A close with its code, from a browser, which masks, and the server's answer. */
export const CLOSE_UP = 8;
export const CLOSE_DOWN = 4;

/** @param {string} text */
export const utf8Bytes = (text) => encoder.encode(text).length;

/** A frame with so much content; a browser masks what it sends. @param {number} length @param {Diagnostics.Direction} direction */
export function frameBytes(length, direction) {
  const sizes = [125, 65535].findIndex((most) => length <= most);
  const head = [2, 4, 10].at(sizes) ?? 10;
  return head + (direction === "out" ? MASK : 0) + length;
}

/** What came before the body. A browser hides Set-Cookie only, which no poll is sent. @param {Response} response */
export function headBytes({ status, statusText, headers }) {
  let bytes = utf8Bytes(`HTTP/1.1 ${status} ${statusText}`) + 2 * LINE_END;
  for (const [name, value] of headers) bytes += utf8Bytes(`${name}: ${value}`) + LINE_END;
  return bytes;
}

/** Of the body, as it was sent: packed, where it was packed. @param {Response} response @param {string} text */
export function bodyBytes({ headers }, text) {
  const said = headers.get("Content-Length");
  return said === null ? utf8Bytes(text) : Number(said);
}
