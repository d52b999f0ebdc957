import { SUBPROTOCOL } from "../protocol.js";

/**
 * Knows nothing of what goes through.
 * @param {string} url
 * @param {new (url: string, protocols: string[]) => Inbox.Socket} [WebSocketClass]
 * @param {string | null} [token]
 * @returns {Inbox.Open}
 */
export const webSocketTransport = (url, WebSocketClass = WebSocket, token = null) => (query, events) => {
  const protocols = token ? [SUBPROTOCOL, `token.${token}`] : [SUBPROTOCOL];
  const search = new URLSearchParams(query ? { ...query, since: String(query.since) } : {});
  const socket = new WebSocketClass(`${url}?${search}`, protocols);
  socket.onmessage = ({ data }) => events.message(data);
  socket.onclose = ({ code }) => events.close(code);
  return {
    send: (text) => socket.readyState === 1 && socket.send(text),
    close(code = 1000) {
      // A dead link takes a minute to say so.
      socket.onmessage = socket.onclose = null;
      socket.close(code);
    },
  };
};
