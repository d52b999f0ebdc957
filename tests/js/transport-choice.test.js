import assert from "node:assert/strict";
import test from "node:test";
import { TransportChoice } from "../../notifications/static/notifications/transports/choice.js";
import { Fallback } from "../../notifications/static/notifications/transports/fallback.js";
import { FakeStorage } from "./support/fake-browser.js";
import { FakeClock, settle } from "./support/fake-clock.js";

const KEY = "nb:transport:http://host/api/v1/";
const MINUTE_MS = 60_000;

/** A choice, and every connection that it opened. */
/** @param {{storage?: Inbox.Store, only?: Inbox.TransportName, hasTokens?: boolean, openAfterMs?: number}} [options] */
function choice({ storage = new FakeStorage(), only, hasTokens = false, openAfterMs = 0 } = {}) {
  const clock = new FakeClock();
  const opened = [];
  const client = { state: /** @type {Inbox.ClientState} */ ("live"), leader: null, inbox: { epoch: "e", revision: 7 }, reconnects: [], reconnect: (how) => client.reconnects.push(how) };
  const it = { isVisible: true, clock, opened, client, storage };
  const opener = (transport) => (cursor, events) => {
    const link = { transport, cursor, events, sent: [], isClosed: false };
    opened.push(link);
    return { send: (text) => link.sent.push(text), close: () => (link.isClosed = true) };
  };
  let fallback;
  const services = async () => ({
    opener: async (transport) => opener(transport),
    fallback: (fallback ??= new Fallback({
      opener: async (transport) => {
        // As where a token has to be fetched first.
        if (openAfterMs) await new Promise((resolve) => clock.setTimeout(resolve, openAfterMs));
        return opener(transport);
      },
      key: KEY,
      storage,
      clock,
      client,
      transports: it.transports,
      isVisible: () => it.isVisible,
    })),
  }); // prettier-ignore
  it.transports = new TransportChoice({
    only: () => only,
    webSocket: hasTokens ? null : opener("ws"),
    services,
    storage: () => storage,
    url: "http://host/api/v1/",
  });
  const closed = [];
  it.open = async () => {
    const transport = it.transports.open({ epoch: "e", since: 7 }, { message: () => {}, close: (code) => closed.push(code), cursor: () => null });
    await settle();
    return transport;
  };
  it.closed = closed;
  return it;
}

const remembered = ({ storage }) => JSON.parse(storage.getItem(KEY) ?? "null");

test("WebSocket is the first, and opened at once", () => {
  const it = choice();
  it.transports.open(null, {});
  assert.deepEqual([it.opened[0].transport, it.transports.transport], ["ws", "ws"]);
});

test("after one that is blocked comes the next, and after the last the first", async () => {
  const it = choice();
  const order = [];
  for (let turn = 0; turn < 4; turn++) {
    await it.open();
    order.push(it.opened.at(-1).transport);
    it.transports.next(it.transports.transport);
    await settle();
  }
  assert.deepEqual(order, ["ws", "sse", "poll", "ws"]);
});

test("a doubt about one that is in use no more changes nothing", async () => {
  const it = choice();
  it.transports.next("ws");
  it.transports.next("ws");
  await settle();
  assert.equal(it.transports.transport, "sse");
});

test("one that works is remembered for half an hour, also by the next page", async () => {
  const it = choice();
  it.transports.next("ws");
  await settle();
  await it.open();
  it.transports.works();
  await settle();
  const { transport, until } = remembered(it);
  assert.equal(transport, "sse");
  assert.ok(Math.abs(until - Date.now() - 30 * MINUTE_MS) < MINUTE_MS);
  const next = choice({ storage: it.storage });
  await next.open();
  assert.equal(next.opened[0].transport, "sse");
});

test("after that, or where what is remembered makes no sense, WebSocket is the first again", async () => {
  for (const memory of [{ transport: "sse", until: Date.now() - 1 }, "nonsense", 7, null]) {
    const storage = new FakeStorage();
    storage.setItem(KEY, JSON.stringify(memory));
    const it = choice({ storage });
    await it.open();
    assert.equal(it.opened[0].transport, "ws");
  }
});

test("without storage it works, and remembers nothing", async () => {
  const it = choice({ storage: null });
  it.transports.next("ws");
  await settle();
  await it.open();
  it.transports.works();
  await settle();
  assert.equal(it.opened.at(-1).transport, "sse");
});

test("where one is asked for, it stays", async () => {
  const it = choice({ only: "poll" });
  await it.open();
  it.transports.next("poll");
  it.transports.works();
  await settle();
  await it.open();
  assert.deepEqual([it.opened.map(({ transport }) => transport), remembered(it)], [["poll", "poll"], null]);
});

/** One that fell back, and works. */
async function fallenBack(options) {
  const it = choice(options);
  it.transports.next("ws");
  await settle();
  await it.open();
  it.transports.works();
  await settle();
  return it;
}

test("each ten minutes WebSocket is tried beside it, and come back to once it says something", async () => {
  const it = await fallenBack();
  await it.clock.advance(10 * MINUTE_MS);
  const trial = it.opened.at(-1);
  assert.deepEqual([trial.transport, trial.cursor], ["ws", { epoch: "e", since: 7 }]);
  trial.events.message(JSON.stringify({ type: "hello", user: "u", epoch: "e", revision: 7, ping_interval_s: 25 }));
  await settle();
  assert.deepEqual([trial.isClosed, it.transports.transport, remembered(it), it.client.reconnects], [true, "ws", null, [{ gently: true }]]);
  await it.clock.advance(60 * MINUTE_MS);
  assert.equal(it.opened.filter(({ transport }) => transport === "ws").length, 1);
});

test("one that is refused or silent changes nothing, and is tried again", async () => {
  const it = await fallenBack();
  await it.clock.advance(10 * MINUTE_MS);
  it.opened.at(-1).events.close(1006);
  await it.clock.advance(10 * MINUTE_MS);
  const silent = it.opened.at(-1);
  await it.clock.advance(5_000);
  assert.ok(silent.isClosed);
  assert.deepEqual([it.opened.length, it.transports.transport, it.client.reconnects], [3, "sse", []]);
});

test("one that could be opened only when the answer was given is not opened any more", async () => {
  const it = await fallenBack({ openAfterMs: 6_000 });
  await it.clock.advance(10 * MINUTE_MS + 7_000);
  assert.deepEqual(it.opened.filter(({ transport, isClosed }) => transport === "ws" && !isClosed), []);
});

test("a hidden page waits until it is looked at", async () => {
  const it = await fallenBack();
  it.isVisible = false;
  await it.clock.advance(60 * MINUTE_MS);
  assert.equal(it.opened.length, 1);
  it.isVisible = true;
  await it.clock.advance(MINUTE_MS);
  assert.equal(it.opened.length, 2);
});

test("a tab that follows by then leaves it to the leader", async () => {
  const it = await fallenBack();
  it.client.leader = { state: "live", transport: "sse" };
  await it.clock.advance(60 * MINUTE_MS);
  assert.equal(it.opened.length, 1);
});

test("one that is closed before its module came is never opened", async () => {
  const it = choice({ hasTokens: true });
  const transport = it.transports.open(null, { close: (code) => it.closed.push(code) });
  transport.send("early");
  transport.close();
  await settle();
  assert.deepEqual([it.opened, it.closed], [[], []]);
});

test("one whose module does not come is closed abnormally", async () => {
  const closed = [];
  const services = async () => Promise.reject(new Error("no network"));
  const transports = new TransportChoice({ only: () => "sse", webSocket: false, services, storage: () => null, url: "" });
  transports.open(null, { message: () => {}, close: (code) => closed.push(code), cursor: () => null });
  await settle();
  assert.deepEqual(closed, [1006]);
});
