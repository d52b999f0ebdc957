import assert from "node:assert/strict";
import test from "node:test";
import { webSocketTransport } from "../../notifications/static/notifications/transports/websocket.js";

class FakeWebSocket {
  static last;
  /** @type {Inbox.Socket["readyState"]} */
  readyState = 0;
  onmessage = null;
  onclose = null;
  sent = [];

  constructor(url, protocols) {
    Object.assign(this, { url, protocols });
    FakeWebSocket.last = this;
  }

  send(text) {
    this.sent.push(text);
  }

  close(code) {
    this.closedWith = code;
  }
}

function open(cursor) {
  const heard = [];
  const events = { message: (text) => heard.push(text), close: (code) => heard.push(code), cursor: () => null };
  const transport = webSocketTransport("ws://host/ws/notifications/", FakeWebSocket)(cursor, events);
  return { transport, heard, socket: FakeWebSocket.last };
}

test("the cursor goes into the URL, the version into the subprotocol", () => {
  const { socket } = open({ epoch: "a-b_c", since: 7 });
  assert.equal(socket.url, "ws://host/ws/notifications/?epoch=a-b_c&since=7");
  assert.deepEqual(socket.protocols, ["notifications.v1"]);
  assert.ok(!open(null).socket.url.includes("since"));
});

test("messages and the end are passed on", () => {
  const { socket, heard } = open(null);
  socket.onmessage({ data: "{}" });
  socket.onclose({ code: 4200 });
  assert.deepEqual(heard, ["{}", 4200]);
});

test("nothing is sent before it is open or after it is closed", () => {
  const { socket, transport } = open(null);
  transport.send("early");
  socket.readyState = 1;
  transport.send("now");
  socket.readyState = 2;
  transport.send("late");
  assert.deepEqual(socket.sent, ["now"]);
});

test("once closed it is silent", () => {
  const { socket, transport } = open(null);
  transport.close();
  assert.deepEqual([socket.closedWith, socket.onmessage, socket.onclose], [1000, null, null]);
});
