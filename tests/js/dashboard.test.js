import assert from "node:assert/strict";
import test from "node:test";
import { Feed } from "../../notifications/static/notifications/dashboard-feed.js";
import { path } from "../../notifications/static/notifications/dashboard-chart.js";
import { ageText, figureText, lineText, shareText } from "../../notifications/static/notifications/dashboard-text.js";

// As tests/notifications/pages/test_dashboard.py has them.
/** @type {[number | null, string, string][]} */
const WRITTEN = [
  [null, "s", "–"],
  [0, "count", "0"],
  [12480, "count", "12,480"],
  [3.21, "per_s", "3.2/s"],
  [12.4, "per_min", "12/min"],
  [0.048, "s", "48 ms"],
  [1.26, "s", "1.3 s"],
  [123_400_000, "bytes", "123 MB"],
];
/** @type {[number, string][]} */
const AGES = [
  [7, "7 s"],
  [67, "1 min 7 s"],
  [3 * 3600 + 1200, "3 h 20 min"],
  [90_000, "1 d 1 h"],
];

test("figures are written as the server writes them", () => {
  for (const [value, unit, text] of WRITTEN) assert.equal(figureText(value, unit), text);
  for (const [seconds, text] of AGES) assert.equal(ageText(seconds), text);
  assert.equal(shareText(3, 4), "3 (75 %)");
  assert.equal(shareText(0, 0), "0");
});

test("a line is described by its last, least and most", () => {
  assert.equal(lineText("Sent", [1, null, 5, 2], "per_s"), "Sent: 2/s, between 1/s and 5/s");
  assert.equal(lineText("Sent", [null], "per_s"), "Sent: nothing known");
});

test("a line is broken where nothing is known", () => {
  const drawn = path([0, 4, null, 2], 4, 3, 0);
  assert.equal(drawn, "M0.0 78.0h0.5L100.0 2.0M300.0 40.0h0.5");
});

/** A feed with sockets, answers and a clock of the test's. */
function feed(answers = []) {
  const sockets = [];
  const timers = [];
  const told = { frames: [], stopped: [] };
  let now = 0;
  class Socket {
    readyState = /** @type {const} */ (1);
    onmessage = null;
    onclose = null;
    constructor(url) {
      this.url = url;
      sockets.push(this);
    }
    send() {}
    close() {}
  }
  const clock = { now: () => now, setTimeout: (call, ms) => timers.push({ call, at: now + ms }), clearTimeout: () => {} };
  const fetch = async () => answers.shift();
  const events = { frame: (frame) => told.frames.push(frame.at), stopped: (why) => told.stopped.push(why) };
  new Feed({ socket: "ws://here/", figures: "/figures/" }, events, { clock, Socket, fetch }).begin();
  const pass = async () => {
    const { call, at } = timers.shift();
    now = Math.max(now, at);
    call();
    await new Promise((done) => setImmediate(done));
  };
  return { sockets, timers, told, pass, later: (ms) => (now += ms) };
}

const answer = (status, body) => ({ status, ok: status === 200, json: async () => body });

test("a socket that ends is opened again", async () => {
  const { sockets, told, pass } = feed();
  sockets[0].onmessage({ data: '{"at":1}' });
  sockets[0].onclose({ code: 4200 });
  await pass();
  sockets[1].onmessage({ data: '{"at":2}' });
  assert.deepEqual(told, { frames: [1, 2], stopped: [] });
});

test("where no socket says anything it is asked, and the socket is tried again later", async () => {
  const { sockets, told, pass, later } = feed([answer(200, { at: 1 }), answer(503), answer(200, { at: 2 })]);
  sockets[0].onclose({ code: 1006 });
  await pass();
  sockets[1].onclose({ code: 1006 });
  await new Promise((done) => setImmediate(done));
  await pass();
  later(60_000);
  await pass();
  assert.deepEqual(told.frames, [1, 2]);
  assert.equal(sockets.length, 3);
});

for (const code of [4001, 4003]) {
  test(`after ${code} it is not tried again`, () => {
    const { sockets, told, timers } = feed();
    sockets[0].onclose({ code });
    assert.equal(told.stopped.length, 1);
    assert.deepEqual(timers, []);
  });
}

test("who is refused over HTTP is told, and asks no more", async () => {
  const { sockets, told, timers, pass } = feed([answer(403)]);
  sockets[0].onclose({ code: 1006 });
  await pass();
  sockets[1].onclose({ code: 1006 });
  await new Promise((done) => setImmediate(done));
  assert.deepEqual(told.stopped, ["You may not watch this any more."]);
  assert.deepEqual(timers, []);
});
