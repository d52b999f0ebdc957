import assert from "node:assert/strict";
import test from "node:test";
import { EventParser, transport } from "../../notifications/static/notifications/transports/event-stream.js";
import { fakeFetch, rest } from "./support/fake-fetch.js";

const URL_ = "http://host/api/v1/";

function open(cursor = null, { delivered = async () => {} } = {}) {
  const network = fakeFetch();
  const heard = [];
  const closed = [];
  let position = cursor;
  const events = {
    message: (text) => heard.push(JSON.parse(text)),
    close: (code) => closed.push(code),
    cursor: () => position,
  };
  const it = transport({ url: URL_, fetch: network.fetch, api: { delivered } })(cursor, events);
  return { it, network, heard, closed, moveTo: (since) => (position = { epoch: "e", since }) };
}

test("the cursor goes into the URL, and nothing else does", () => {
  const { network } = open({ epoch: "e", since: 7 });
  const { pathname, query, headers, cache } = network.last;
  assert.deepEqual([pathname, query, cache], ["/api/v1/inbox/events", { epoch: "e", since: "7" }, "no-store"]);
  assert.equal(headers.Accept, "text/event-stream");
  assert.deepEqual(open(null).network.last.query, {});
});

test("events are frames", async () => {
  const { network, heard, closed } = open();
  network.last.begin();
  network.last.event("hello", { epoch: "e" });
  network.last.event("ping", { revision: 1 });
  await rest();
  assert.deepEqual(heard, [{ type: "hello", epoch: "e" }, { type: "ping", revision: 1 }]);
  assert.deepEqual(closed, []);
});

test("a stream that ends or breaks off is closed abnormally, once", async () => {
  for (const end of ["end", "abort"]) {
    const { network, closed } = open();
    network.last.begin();
    await rest();
    network.last[end]();
    await rest();
    assert.deepEqual(closed, [1006], end);
  }
  const { network, closed } = open();
  network.last.fail();
  await rest();
  assert.deepEqual(closed, [1006]);
});

test("a status is told as the frame that a socket would bring", async () => {
  /** @type {[number, object, number, boolean, number][]} */
  const byes = [
    [401, {}, 4001, false, 0], [403, { "Content-Type": "application/problem+json" }, 4003, false, 0],
    [429, {}, 4100, true, 0], [429, { "Retry-After": "3" }, 4100, true, 3000],
    [503, { "Retry-After": "0.5" }, 4101, true, 500],
  ]; // prettier-ignore
  for (const [status, headers, code, isFinalToo, after_ms] of byes) {
    const { network, heard, closed } = open();
    network.last.answer(status, {}, headers);
    await rest();
    assert.deepEqual([heard[0].type, heard[0].code, heard[0].after_ms], ["bye", code, after_ms], String(status));
    assert.equal(heard[0].reconnect, status !== 403);
    assert.equal(code >= 4100, isFinalToo);
    assert.deepEqual(closed, [1006]);
  }
});

test("what is no stream of ours proves nothing", async () => {
  for (const [status, headers] of [[200, { "Content-Type": "text/html" }], [403, {}], [404, {}], [502, {}], [503, {}], [407, {}]]) {
    const { network, heard, closed } = open();
    network.last.answer(status, {}, headers);
    await rest();
    assert.deepEqual([heard, closed], [[], [1006]], String(status));
  }
});

test("at the end of a long response the next one goes on from where we are", async () => {
  const { network, heard, closed, moveTo } = open();
  network.last.begin();
  network.last.event("hello", {});
  network.last.event("snapshot", {});
  await rest();
  moveTo(9);
  network.last.event("bye", { code: 4202, after_ms: 0 });
  await rest();
  assert.equal(network.requests.length, 2);
  assert.deepEqual(network.last.query, { epoch: "e", since: "9" });
  assert.deepEqual([heard.map(({ type }) => type), closed], [["hello", "snapshot"], []]);
});

test("one that said nothing is not gone on with at once", async () => {
  const { network, heard } = open();
  network.last.begin();
  network.last.event("hello", {});
  network.last.event("bye", { code: 4202, after_ms: 0 });
  await rest();
  assert.equal(network.requests.length, 1);
  assert.equal(heard.at(-1).type, "bye");
});

test("what a socket would be told is asked for by opening another", async () => {
  const { it, network, closed, moveTo } = open();
  network.last.begin();
  await rest();
  it.send(JSON.stringify({ type: "resume", epoch: "e", since: 4 }));
  assert.deepEqual([network.requests[0].isAborted, network.last.query], [true, { epoch: "e", since: "4" }]);
  it.send(JSON.stringify({ type: "resume", epoch: "e", since: null }));
  assert.deepEqual(network.last.query, {});
  moveTo(5);
  it.send(JSON.stringify({ type: "ping" }));
  assert.deepEqual(network.last.query, { epoch: "e", since: "5" });
  await rest();
  assert.deepEqual(closed, []);
});

test("receipts are posted, each revision once, and not where they are not wanted", async () => {
  const receipts = [];
  let refusal = null;
  const delivered = async (...receipt) => {
    receipts.push(receipt);
    if (refusal) throw refusal;
  };
  const { it } = open(null, { delivered });
  const pong = async (revision) => {
    it.send(JSON.stringify({ type: "pong", epoch: "e", revision }));
    await rest();
  };
  await pong(0);
  await pong(3);
  await pong(3);
  refusal = { status: 503 };
  await pong(4);
  refusal = { status: 422 };
  await pong(5);
  await pong(6);
  assert.deepEqual(receipts, [["e", 3], ["e", 4], ["e", 5]]);
});

test("once closed it is silent", async () => {
  const { it, network, heard, closed } = open();
  network.last.begin();
  await rest();
  it.close();
  assert.ok(network.last.isAborted);
  await rest();
  assert.deepEqual([heard, closed], [[], []]);
});

test("events are cut whatever pieces they come in, and whatever ends a line", () => {
  const events = [["changes", "{}"], ["message", "one\ntwo"], ["ping", "ü"]];
  for (const end of ["\n", "\r\n", "\r"]) {
    const text = [
      ": first bytes", "", "event: changes", "id: e.1", "data: {}", "", "data: one", "data: two", "",
      "event:ping", "data:ü", "retry: 5", "", "event: bye", "data: unfinished",
    ].join(end); // prettier-ignore
    for (let size = 1; size < 12; size++) {
      const parser = new EventParser();
      const cut = [];
      for (let at = 0; at < text.length; at += size) cut.push(...parser.push(text.slice(at, at + size)));
      assert.deepEqual(cut.map(({ event, data }) => [event, data]), events, `${JSON.stringify(end)} ${size}`);
    }
  }
});

test("letters that are cut in two are put together", async () => {
  const { network, heard } = open();
  network.last.begin();
  const bytes = new TextEncoder().encode('data: {"title":"ü€"}\n\n');
  const stream = network.last;
  for (const byte of bytes) stream.pushBytes(new Uint8Array([byte]));
  await rest();
  assert.deepEqual(heard, [{ title: "ü€" }]);
});
