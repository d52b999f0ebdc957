import assert from "node:assert/strict";
import test from "node:test";
import { transport } from "../../notifications/static/notifications/transports/long-poll.js";
import { FakeClock } from "./support/fake-clock.js";
import { fakeFetch, rest } from "./support/fake-fetch.js";

const DATE = { Date: "Tue, 24 Nov 2026 09:00:00 GMT" };
const COUNTS = { unread: 0, unseen: 0 };

function open(cursor = { epoch: "e", since: 5 }) {
  const network = fakeFetch();
  const clock = new FakeClock();
  const heard = [];
  const closed = [];
  let position = cursor;
  const events = {
    message: (text) => {
      const frame = JSON.parse(text);
      heard.push(frame);
      if (["changes", "snapshot"].includes(frame.type)) position = { epoch: "e", since: frame.revision };
    },
    close: (code) => closed.push(code),
    cursor: () => position,
  };
  const it = transport({ url: "http://host/api/v1/", fetch: network.fetch, clock })(cursor, events);
  const answer = async (revision, frames = [], fields = {}) => {
    network.last.answer(200, { user: "u", epoch: "e", revision, counts: COUNTS, floor: 0, frames, ...fields }, DATE);
    await rest();
  };
  return { it, network, clock, heard, closed, answer, types: () => heard.map(({ type }) => type) };
}

const changes = (since, revision) => [
  { type: "changes", since, revision, notifications: [], removed: [], counts: COUNTS },
  { type: "synced", revision },
];

test("the first request is not held, and says hello", async () => {
  const { network, heard, answer } = open();
  assert.deepEqual([network.last.pathname, network.last.query], ["/api/v1/inbox/poll", { epoch: "e", since: "5", wait: "0" }]);
  await answer(5);
  assert.deepEqual(heard, [
    { type: "hello", user: "u", epoch: "e", revision: 5, server_time: "2026-11-24T09:00:00.000Z", ping_interval_s: 50 },
    { type: "synced", revision: 5 },
  ]);
  assert.deepEqual(network.last.query, { epoch: "e", since: "5", wait: "25" });
});

test("without a cursor it begins with a snapshot", async () => {
  const { network, answer, types } = open(null);
  assert.deepEqual(network.last.query, { wait: "0" });
  await answer(9, [{ type: "snapshot", epoch: "e", revision: 9 }, { type: "synced", revision: 9 }]);
  assert.deepEqual(types(), ["hello", "snapshot", "synced"]);
  assert.deepEqual(network.last.query, { epoch: "e", since: "9", wait: "25" });
});

test("the cursor of each request is that of the state, and so the receipt", async () => {
  const { network, answer, types } = open();
  await answer(5);
  await answer(6, changes(5, 6));
  assert.deepEqual(types(), ["hello", "synced", "changes", "synced"]);
  assert.deepEqual(network.last.query, { epoch: "e", since: "6", wait: "25" });
});

test("an empty answer after the wait is a heartbeat", async () => {
  const { network, clock, answer, heard, closed } = open();
  await answer(5);
  await clock.advance(25_000);
  await answer(5);
  assert.deepEqual(heard.at(-1), { type: "ping", revision: 5 });
  assert.deepEqual([network.requests.length, closed], [3, []]);
});

test("one that comes early is a step of the back-off: its server restarts", async () => {
  const { network, clock, answer, closed } = open();
  await answer(5);
  await clock.advance(3_000);
  await answer(5);
  assert.deepEqual([network.requests.length, closed], [2, [1012]]);
});

test("an answer that brings nobody forward is not asked for again at once", async () => {
  const { network, answer, closed } = open();
  await answer(5);
  await answer(6, [{ type: "changes", since: 5, revision: 5 }, { type: "synced", revision: 6 }]);
  assert.deepEqual([network.requests.length, closed], [2, [1006]]);
});

test("refusals are told as on a socket, and end it", async () => {
  for (const [status, headers, code, after_ms] of [[401, {}, 4001, 0], [403, { "Content-Type": "application/problem+json" }, 4003, 0], [429, { "Retry-After": "2" }, 4100, 2000], [503, { "Retry-After": "1" }, 4101, 1000]]) {
    const { network, heard, closed, answer } = open();
    await answer(5);
    network.last.answer(status, {}, headers);
    await rest();
    assert.deepEqual([heard.at(-1).code, heard.at(-1).after_ms, closed], [code, after_ms, [1006]]);
  }
});

test("no answer, and one that is none, end it", async () => {
  const { network, closed } = open();
  network.last.fail();
  await rest();
  assert.deepEqual(closed, [1006]);
  const other = open();
  other.network.last.begin({ "Content-Type": "text/html" });
  other.network.last.push("<html>");
  other.network.last.end();
  await rest();
  assert.deepEqual([other.heard, other.closed], [[], [1006]]);
});

test("an answer about somebody else's inbox is not taken", async () => {
  const { heard, answer } = open();
  await answer(5);
  await answer(9, changes(5, 9), { user: "somebody" });
  assert.deepEqual([heard.length, heard.at(-1).type, heard.at(-1).code], [3, "bye", 4001]);
});

test("to be resumed or probed is to begin anew", async () => {
  const { it, network, answer, closed } = open();
  await answer(5);
  it.send(JSON.stringify({ type: "pong", epoch: "e", revision: 5 }));
  assert.equal(network.requests.length, 2);
  it.send(JSON.stringify({ type: "ping" }));
  assert.deepEqual([network.requests[1].isAborted, network.last.query.wait], [true, "0"]);
  it.send(JSON.stringify({ type: "resume", epoch: "e", since: null }));
  assert.deepEqual(network.last.query, { wait: "0" });
  await rest();
  assert.deepEqual(closed, []);
});

test("once closed it is silent", async () => {
  const { it, network, answer, heard, closed } = open();
  await answer(5);
  it.close();
  assert.ok(network.last.isAborted);
  await rest();
  assert.deepEqual([heard.length, closed], [2, []]);
});
