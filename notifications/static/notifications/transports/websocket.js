import { SUBPROTOCOL } from "../protocol.js";

/** Knows nothing of what goes through. @returns {Inbox.Open} */
export const webSocketTransport = (url, WebSocketClass = WebSocket, token = "") => (query, events) => {
  const protocols = token ? [SUBPROTOCOL, `token.${token}`] : [SUBPROTOCOL];
  const socket = new WebSocketClass(`${url}?${new URLSearchParams(query ?? {})}`, protocols);
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
