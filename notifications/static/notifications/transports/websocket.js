import { SUBPROTOCOL } from "../protocol.js";

/** Opens WebSockets; knows nothing of what goes through them. @returns {Inbox.Open} */
export const webSocketTransport = (url, WebSocketClass = WebSocket) => (query, events) => {
  const socket = new WebSocketClass(`${url}?${new URLSearchParams(/** @type {any} */ (query ?? {}))}`, [SUBPROTOCOL]);
  socket.onmessage = ({ data }) => events.message(data);
  socket.onclose = ({ code }) => events.close(code);
  return {
    send: (text) => socket.readyState === 1 && socket.send(text),
    close(code = 1000) {
      // A dead link takes a minute to say that it is closed; nobody asks any more by then.
      socket.onmessage = socket.onclose = null;
      socket.close(code);
    },
  };
};
