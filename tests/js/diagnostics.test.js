import assert from "node:assert/strict";
import test from "node:test";

import { checkBetween, checkClock, checkHeartbeat, checkLongPoll, checkStreaming, checkTls } from "../../notifications/static/notifications/diagnostics/checks.js";
import { ComparisonRun } from "../../notifications/static/notifications/diagnostics/comparison.js";
import { Heartbeat, tabsText, wayText } from "../../notifications/static/notifications/diagnostics/facts.js";
import { better, bytesText, figuresOf, median, msText, p95 } from "../../notifications/static/notifications/diagnostics/figures.js";
import { explain, explainHeader } from "../../notifications/static/notifications/diagnostics/frame-words.js";
import { reportText } from "../../notifications/static/notifications/diagnostics/report.js";
import { bodyBytes, frameBytes, headBytes, utf8Bytes } from "../../notifications/static/notifications/diagnostics/wire-bytes.js";
import { FakeClock, settle } from "./support/fake-clock.js";

test("a median, and what 95 of 100 stay below", () => {
  assert.equal(median([]), null);
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
  assert.equal(p95([]), null);
  assert.equal(p95([7]), 7);
  assert.equal(p95(Array.from({ length: 100 }, (_, at) => at + 1)), 95);
});

test("numbers have their unit", () => {
  assert.deepEqual([null, 0.04, 3.14159, 41.4, 994, 996, 12_345].map(msText), ["–", "0 ms", "3.1 ms", "41 ms", "994 ms", "1.0 s", "12 s"]);
  assert.deepEqual([0, 999, 1000, 18_449].map(bytesText), ["0 bytes", "999 bytes", "1.0 kB", "18.4 kB"]);
});

test("a frame has a head of its own, and one from a browser a mask", () => {
  assert.deepEqual([0, 125, 126, 65_535, 65_536].map((size) => frameBytes(size, "in") - size), [2, 2, 4, 4, 10]);
  assert.equal(frameBytes(5, "out"), 11);
  assert.equal(utf8Bytes("ü𝄞"), 6);
});

test("the head of an answer is as long as it was", () => {
  const response = new Response("{}", { status: 200, statusText: "OK", headers: { "Content-Type": "text/x", "Content-Length": "2" } });
  assert.equal(headBytes(response), "HTTP/1.1 200 OK\r\nContent-Type: text/x\r\nContent-Length: 2\r\n\r\n".length);
  assert.equal(bodyBytes(response, "{}"), 2);
  assert.equal(bodyBytes(new Response("ü"), "ü"), 2);
});

/** A server whose two events happen at 3 s and 5 s of a run of 6 s, and whose clock is an hour ahead. */
function world({ refuses = false } = {}) {
  const clock = new FakeClock();
  const EVENTS = [3_000, 5_000];
  const AHEAD = 3_600_000;
  const LEAD = 1_500;
  let socket;
  const fetching = async (address, asked) => {
    if (asked.method === "POST") return Response.json({ run: "r", begins_in_ms: LEAD, seconds: 6 }, { status: 201 });
    const after = Number(new URL(address).searchParams.get("after"));
    const at = clock.now();
    const events = EVENTS.map((ms, n) => ({ id: n + 1, at_ms: ms + LEAD + AHEAD })).filter((one) => one.id > after && one.at_ms <= at + AHEAD);
    return Response.json({ events, now_ms: at + AHEAD, is_over: at >= LEAD + 6_000, request_bytes: 500 });
  };
  class Socket {
    onmessage;
    constructor(url) {
      socket = this;
      this.url = url;
      const say = (frame) => this.onmessage?.({ data: JSON.stringify(frame) });
      if (refuses) return void clock.setTimeout(() => say({ type: "bye", code: 4102, reason: "One at a time." }), 1);
      clock.setTimeout(() => say({ type: "begin", up: 600, down: 180, is_exact: true }), 1);
      EVENTS.forEach((ms, n) => clock.setTimeout(() => say({ type: "event", id: n + 1, at_ms: ms + LEAD + AHEAD }), ms + LEAD + 4));
      clock.setTimeout(() => say({ type: "end" }), 6_000 + LEAD);
    }
    close() {
      this.isClosed = true;
    }
  }
  const options = { url: "http://host/api/v1/", socketUrl: "ws://host/ws/", fetch: fetching, WebSocket: Socket, csrfToken: () => "", clock };
  const pass = async (ms) => {
    for (let left = ms; left > 0; left -= 100) {
      await clock.advance(100);
      // An answer is read in turns of its own.
      await new Promise((resolve) => setImmediate(resolve));
      await settle();
    }
  };
  return { clock, options, pass, socket: () => socket };
}

test("both ways hear of the same events, WebSocket first, whatever the server's clock says", async () => {
  const { options, pass, socket } = world();
  const run = new ComparisonRun(/** @type {any} */ (options), { seconds: 6, intervalMs: 2_000 }, () => {});
  const ended = run.start();
  await pass(10_000);
  const state = await ended;
  const { events, socket: bySocket, polling, earlierMedian } = figuresOf(state);
  assert.deepEqual(events.map(({ id }) => id), [1, 2]);
  assert.deepEqual([polling.requests, polling.empty, bySocket.requests, bySocket.empty], [3, 1, 1, 0]);
  assert.equal(polling.up, 1_500);
  assert.ok(Math.abs(bySocket.median - 4) < 1, String(bySocket.median));
  assert.ok(Math.abs(earlierMedian - 996) < 150, String(earlierMedian));
  assert.equal(bySocket.up, 600 + 8);
  assert.ok(bySocket.down > 180 + 4);
  assert.equal(state.isOver, true);
  assert.equal(socket().isClosed, true);
});

test("where WebSocket is refused it says why, and polling goes on", async () => {
  const { options, pass } = world({ refuses: true });
  const run = new ComparisonRun(/** @type {any} */ (options), { seconds: 6, intervalMs: 2_000 }, () => {});
  const ended = run.start();
  await pass(10_000);
  const state = await ended;
  assert.match(state.socket.failure, /One at a time\. \(4102\)/);
  assert.equal(state.polling.arrivals.size, 2);
  assert.equal(figuresOf(state).earlierMedian, null);
});

test("a run that is stopped ends at once", async () => {
  const { options, pass, socket } = world();
  const run = new ComparisonRun(/** @type {any} */ (options), { seconds: 6, intervalMs: 1_000 }, () => {});
  const ended = run.start();
  await pass(2_000);
  run.stop();
  await ended;
  assert.equal(socket().isClosed, true);
  assert.equal(run.state.polling.failure, "It was stopped.");
});

test("a run that is stopped before it has begun opens nothing", async () => {
  const { options, socket } = world();
  const run = new ComparisonRun(/** @type {any} */ (options), { seconds: 6, intervalMs: 1_000 }, () => {});
  const ended = run.start();
  run.stop();
  await ended;
  assert.equal(socket(), undefined);
  assert.equal(run.state.polling.requests, 0);
});

test("a run that the server refuses says why", async () => {
  const { options } = world();
  const refusal = async () => Response.json({ detail: "Too often." }, { status: 429 });
  const run = new ComparisonRun(/** @type {any} */ ({ ...options, fetch: refusal }), { seconds: 6, intervalMs: 1_000 }, () => {});
  await assert.rejects(run.start(), /Too often/);
});

test("the guess with less doubt wins", () => {
  const [good, poor] = [{ offset: 1, doubt: 2 }, { offset: 5, doubt: 9 }];
  assert.equal(better(null, poor), poor);
  assert.equal(better(poor, good), good);
  assert.equal(better(good, poor), good);
});

test("each frame has a sentence, which repeats nothing of what it says", () => {
  const changes = JSON.stringify({ type: "changes", since: 3, revision: 4, notifications: [{ title: "planted" }], removed: [], counts: {} });
  assert.equal(explain("in", changes).sentence, "What is new: 1 notification changed and 0 went, from revision 3 to 4.");
  for (const type of ["hello", "snapshot", "synced", "ping", "pong", "error", "bye"]) {
    const { sentence } = explain("in", JSON.stringify({ type, revision: 4, code: 4001 }));
    assert.doesNotMatch(sentence, /undefined|not know/, type);
  }
  for (const type of ["pong", "ping", "resume"]) assert.doesNotMatch(explain("out", JSON.stringify({ type, revision: 4, since: 2 })).sentence, /undefined|not know/);
  for (const text of ["{}", "[]", "nothing", "", '{"type":"__proto__"}', '{"type":"changes","notifications":5}', "null"]) assert.ok(explain("in", text).sentence);
});

test("each header has a sentence", () => {
  assert.match(explainHeader("Sec-WebSocket-Key"), /random/);
  assert.match(explainHeader("X-Forwarded-For"), /proxy/);
  assert.equal(explainHeader("__proto__"), "Not known to this page.");
});

test("a heartbeat is what the server's pings are, and how long ours takes", () => {
  const heartbeat = new Heartbeat();
  assert.match(heartbeat.text(0), /Not seen from here/);
  const passed = (direction, frame, at) => heartbeat.passed({ direction, text: JSON.stringify(frame), bytes: 1, at });
  passed("in", { type: "hello", ping_interval_s: 25 }, 0);
  assert.equal(checkHeartbeat(heartbeat, 10_000, 0).verdict, "unknown");
  assert.equal(checkHeartbeat(heartbeat, 31_000, 0).verdict, "bad");
  passed("in", { type: "ping", revision: 1 }, 25_000);
  passed("out", { type: "ping" }, 26_000);
  passed("in", { type: "pong", revision: 1 }, 26_012);
  assert.equal(heartbeat.text(27_000), "Every 25 s. The last one came 2.0 s ago. There and back in 12 ms.");
  assert.equal(checkHeartbeat(heartbeat, 27_000, 0).verdict, "ok");
  assert.equal(checkHeartbeat(heartbeat, 60_000, 0).verdict, "bad");
  assert.equal(checkHeartbeat(new Heartbeat(), 0, null).verdict, "unknown");
});

test("streams are looked at by their first bytes, polls by how long they are held", async () => {
  const streaming = async () => new Response(new ReadableStream({ start: (out) => out.enqueue(new Uint8Array([58])) }));
  assert.equal((await checkStreaming("http://host/", streaming)).verdict, "ok");
  assert.equal((await checkStreaming("http://host/", async () => new Response(""))).verdict, "bad");
  assert.equal((await checkStreaming("http://host/", async () => new Response("", { status: 429 }))).verdict, "unknown");
  assert.equal((await checkStreaming("http://host/", () => Promise.reject(new Error("no")))).verdict, "bad");
  const cursor = { epoch: "e", since: 1 };
  assert.equal((await checkLongPoll("http://host/", cursor, async () => Response.json({ frames: [] }))).verdict, "ok");
  assert.equal((await checkLongPoll("http://host/", cursor, async () => new Response("x"))).verdict, "bad");
  assert.equal((await checkLongPoll("http://host/", cursor, async () => new Response("x", { status: 503 }))).verdict, "unknown");
});

test("TLS, the clock, and what is in between", () => {
  assert.equal(checkTls({ protocol: "https:", hostname: "a.example" }, true).verdict, "ok");
  assert.equal(checkTls({ protocol: "http:", hostname: "localhost" }, true).verdict, "ok");
  assert.match(checkTls({ protocol: "http:", hostname: "a.example" }, false).remedy, /https/);
  assert.equal(checkClock(null).verdict, "unknown");
  assert.equal(checkClock({ offset: -1_500, doubt: 20 }).verdict, "ok");
  assert.equal(checkClock({ offset: 3_600_000, doubt: 20 }).verdict, "bad");
  const head = { line: "", headers: /** @type {[string, string][]} */ ([["Via", "1.1 x"]]), bytes: 1 };
  const handshake = /** @type {Diagnostics.Handshake} */ ({ type: "handshake", connection: "c", request: head, response: head, is_exact: true });
  assert.match(checkBetween({ isNative: true, extensions: "", handshake }).text, /proxy .*\(via\)/);
  assert.equal(checkBetween({ isNative: false, extensions: "", handshake }).verdict, "bad");
  assert.equal(checkBetween({ isNative: true, extensions: null, handshake: null }).verdict, "unknown");
});

test("which way, why, and for how many tabs", () => {
  const client = /** @type {any} */ ({ transport: "ws", state: "live" });
  assert.equal(wayText(client, null), "WebSocket (live). It comes first, and it works here.");
  assert.match(wayText({ ...client, transport: "sse" }, null), /WebSocket did not work here/);
  assert.match(wayText({ ...client, transport: "sse" }, null, true), /refuses WebSocket/);
  assert.match(wayText({ ...client, transport: "poll" }, "poll"), /asks for this one/);
  assert.match(wayText({ ...client, transport: "" }, null), /^Not known yet/);
  assert.match(tabsText(3, true), /3 tabs share it; this one/);
  assert.match(tabsText(2, false), /another one/);
  assert.match(tabsText(null, true), /does not tell/);
});

test("a report is plain text of all parts", () => {
  const text = reportText({
    now: new Date(0),
    page: "http://host/diagnostics/",
    browser: "Test",
    facts: [["Connection", "c7"]],
    findings: [["TLS", { verdict: "bad", text: "Not encrypted." }]],
    comparison: [],
    drops: ["Dropped: Back in 0.9 s."],
    frames: [],
    handshake: null,
  });
  assert.match(text, /^# Diagnostics of http:\/\/host\/diagnostics\/\n\n1970-01-01T00:00:00.000Z\nTest\n/);
  assert.match(text, /## Connection\nConnection: c7\n/);
  assert.match(text, /TLS: NOT OK. Not encrypted\./);
  assert.match(text, /## Comparison\n\(none\)/);
});
