import assert from "node:assert/strict";
import test from "node:test";
import { CloseCode } from "../../notifications/static/notifications/contract.js";
import { settle } from "./support/fake-clock.js";
import { EPOCH, USER, harness, live, notification } from "./support/harness.js";

const refusal = (status) => Object.assign(new Error(String(status)), { status });
const one = (revision, fields) => ({ notifications: [notification(revision, fields)], counts: { unread: 1, unseen: 1 } });

// --- Connecting -----------------------------------------------------------------------------------

test("the first connection has no cursor, and is live once it is synced", () => {
  const it = harness();
  it.client.start();
  assert.equal(it.link.cursor, null);
  assert.equal(it.client.state, "connecting");
  it.link.hello({ revision: 2 });
  it.link.snapshot(2, [notification(2)]);
  assert.equal(it.client.state, "connecting");
  it.link.receive("synced", { revision: 2 });
  assert.equal(it.client.state, "live");
  assert.deepEqual(it.held(), ["2"]);
});

test("the server's clock is the one that counts", () => {
  const it = harness();
  assert.ok(Math.abs(it.client.now() - Date.now()) < 1_000);
  it.client.start();
  it.link.hello({ server_time: new Date(Date.now() - 3_600_000).toISOString() });
  assert.ok(Math.abs(it.client.now() - Date.now() + 3_600_000) < 1_000);
});

test("the next one has the cursor", async () => {
  const it = live(5);
  it.link.events.close(1006);
  assert.equal(it.client.state, "waiting");
  await it.clock.advance(500);
  assert.deepEqual(it.link.cursor, { epoch: EPOCH, since: 5 });
});

test("without a hello within five seconds the connection is given up", async () => {
  const it = harness();
  it.client.start();
  await it.clock.advance(4_999);
  assert.equal(it.link.isClosed, false);
  await it.clock.advance(1);
  assert.equal(it.links[0].isClosed, true);
  await it.clock.advance(500);
  assert.equal(it.links.length, 2);
});

test("frames before the hello are none", () => {
  const it = harness();
  it.client.start();
  it.link.snapshot(2, [notification(2)]);
  assert.deepEqual(it.held(), []);
});

test("delays grow while nothing helps, and are reset ten seconds after synced", async () => {
  const it = live(5, [], { random: () => 1 - Number.EPSILON });
  const delays = [];
  const fail = async () => {
    it.link.events.close(1006);
    delays.push(Math.round(it.clock.nextInMs));
    await it.clock.advance(it.clock.nextInMs);
  };
  await fail();
  await fail();
  it.link.hello({ revision: 5 });
  it.link.receive("synced", { revision: 5 });
  await it.clock.advance(9_000);
  await fail();
  it.link.hello({ revision: 5 });
  it.link.receive("synced", { revision: 5 });
  await it.clock.advance(11_000);
  await fail();
  assert.deepEqual(delays, [500, 1000, 2000, 500]);
});

test("after_ms is the delay where it is given, and waking up does not shorten it", async () => {
  const it = live(5);
  it.link.receive("bye", { code: CloseCode.OVERLOADED, reason: "", reconnect: true, after_ms: 7_000 });
  assert.equal(it.links[0].isClosed, true);
  it.client.wake();
  await it.clock.advance(6_999);
  assert.equal(it.links.length, 1);
  await it.clock.advance(1);
  assert.equal(it.links.length, 2);
});

test("an after_ms beyond what timers hold does not fire at once", async () => {
  const it = live(5);
  it.link.receive("bye", { code: CloseCode.OVERLOADED, after_ms: 1e15 });
  assert.equal(it.clock.nextInMs, 2 ** 31 - 1);
});

test("an after_ms of 0 is no leave to knock without a pause", async () => {
  const it = harness({ random: () => 1 - Number.EPSILON });
  it.client.start();
  for (let second = 0; second < 300; second++) {
    if (!it.link.isClosed) it.link.receive("bye", { code: CloseCode.TOO_MANY_CONNECTIONS, reconnect: true, after_ms: 0 });
    await it.clock.advance(1_000);
  }
  assert.ok(it.links.length < 25, String(it.links.length));
});

test("codes that time does not mend stop it", async () => {
  for (const code of [CloseCode.NOT_ALLOWED, CloseCode.PROTOCOL_VIOLATED, CloseCode.VERSION, 4055, 1009]) {
    const it = live(5);
    it.link.events.close(code);
    await it.clock.advance(60_000);
    assert.equal(it.client.state, "stopped", String(code));
    assert.equal(it.links.length, 1);
    assert.equal(it.of("signedout").length, 0);
  }
});

test("so does a bye that says not to come back", async () => {
  const it = live(5);
  it.link.receive("bye", { code: CloseCode.STATE_LOST, reconnect: false });
  await it.clock.advance(60_000);
  assert.equal(it.links.length, 1);
});

test("on a restart the new connection is synced before the old one is left", async () => {
  for (const code of [CloseCode.RESTART, CloseCode.RENEW]) {
    const it = live(5);
    const old = it.link;
    old.receive("bye", { code, reason: "", reconnect: true, after_ms: 3_000 });
    old.changes(5, 6, one(6));
    assert.equal(it.client.inbox.revision, 6, "the old one delivers still");
    await it.clock.advance(3_000);
    assert.equal(it.links.length, 2);
    assert.deepEqual(it.link.cursor, { epoch: EPOCH, since: 6 });
    it.link.hello({ revision: 6 });
    old.changes(6, 7, one(7));
    assert.equal(it.client.state, "live");
    it.link.receive("synced", { revision: 6 });
    assert.equal(old.isClosed, true);
    assert.equal(it.client.inbox.revision, 7);
    assert.deepEqual(it.announced(), ["6", "7"]);
  }
});

test("an old connection that ends before its successor is due changes nothing", async () => {
  const it = live(5);
  it.link.receive("bye", { code: CloseCode.RESTART, after_ms: 3_000 });
  it.link.events.close(4200);
  await it.clock.advance(2_999);
  assert.equal(it.links.length, 1);
  await it.clock.advance(1);
  assert.equal(it.links.length, 2);
  await it.clock.advance(60_000);
  assert.ok(it.links.length < 25);
});

test("a successor that fails is tried again while the old one delivers", async () => {
  const it = live(5);
  const old = it.link;
  old.receive("bye", { code: CloseCode.RESTART, after_ms: 1_000 });
  await it.clock.advance(1_000);
  it.link.events.close(1006);
  assert.equal(it.client.state, "live");
  await it.clock.advance(1_000);
  assert.equal(it.links.length, 3);
  assert.equal(old.isClosed, false);
});

test("a snapshot that the other connection has overtaken is none", async () => {
  const it = live(5);
  const old = it.link;
  old.receive("bye", { code: CloseCode.RESTART, after_ms: 0 });
  await it.clock.advance(250);
  it.link.hello({ revision: 8 });
  for (let revision = 6; revision <= 9; revision++) old.changes(revision - 1, revision, one(revision));
  it.link.snapshot(8, [notification(8)]);
  assert.equal(it.client.inbox.revision, 9);
  it.link.receive("synced", { revision: 8 });
  it.link.changes(8, 9, one(9));
  assert.deepEqual(it.announced(), ["6", "7", "8", "9"]);
});

test("a snapshot below what the same connection has brought takes it back", () => {
  const it = live(5, [notification(5)]);
  it.link.changes(5, 6, one(6));
  it.link.snapshot(5, [notification(5)]);
  it.link.receive("synced", { revision: 5 });
  assert.equal(it.client.inbox.revision, 5);
  assert.deepEqual(it.held(), ["5"]);
  it.link.changes(5, 6, one(6));
  assert.equal(it.client.inbox.revision, 6);
});

test("a snapshot below what was asked for corrects it", async () => {
  const it = live(50, [notification(50)]);
  it.link.events.close(1006);
  await it.clock.advance(500);
  it.link.hello({ revision: 30 });
  it.link.snapshot(30, [notification(30)]);
  it.link.receive("synced", { revision: 30 });
  assert.equal(it.client.inbox.revision, 30);
  assert.deepEqual(it.held(), ["30"]);
});

test("silence beyond the heartbeat and ten seconds is death; any frame is life", async () => {
  const it = live(5);
  await it.clock.advance(34_000);
  it.events.length = 0;
  it.link.events.message('{"type":"later"}');
  await it.clock.advance(34_999);
  assert.equal(it.link.isClosed, false);
  await it.clock.advance(1);
  assert.equal(it.links[0].isClosed, true);
  assert.equal(it.client.state, "waiting");
});

test("after sleep it asks before it gives up", async () => {
  const it = live(5);
  await it.clock.sleep(3_600_000);
  assert.equal(it.link.isClosed, false);
  assert.equal(it.link.frames("ping").length, 1);
  it.link.receive("pong", { revision: 5 });
  await it.clock.advance(10_000);
  assert.equal(it.link.isClosed, false);
});

test("waking up asks, and three seconds without an answer are the end", async () => {
  const it = live(5);
  it.client.wake();
  it.client.wake();
  assert.equal(it.link.frames("ping").length, 1);
  await it.clock.advance(2_999);
  assert.equal(it.link.isClosed, false);
  await it.clock.advance(1);
  assert.equal(it.links[0].isClosed, true);
});

test("waking up while waiting connects within a second", async () => {
  const it = live(5, [], { random: () => 0.999 });
  for (let tries = 0; tries < 6; tries++) {
    it.link.events.close(1006);
    await it.clock.advance(20_000);
  }
  it.link.events.close(1006);
  const before = it.links.length;
  it.client.wake();
  await it.clock.advance(1_000);
  assert.equal(it.links.length, before + 1);
});

test("offline is what the browser says and the connection confirms", async () => {
  const it = live(5);
  it.client.setOffline(true);
  assert.equal(it.client.state, "live");
  await it.clock.advance(3_000);
  assert.equal(it.client.state, "offline");
  it.client.setOffline(false);
  await it.clock.advance(1_000);
  it.link.hello({ revision: 5 });
  it.link.receive("synced", { revision: 5 });
  assert.equal(it.client.state, "live");
});

test("suspended, it has neither connections nor timers, and comes back with its cursor", async () => {
  const it = live(5);
  it.client.suspend();
  assert.equal(it.link.isClosed, true);
  assert.equal(it.clock.pendingCount, 0);
  it.client.wake();
  assert.equal(it.links.length, 1);
  it.client.start();
  assert.deepEqual(it.link.cursor, { epoch: EPOCH, since: 5 });
});

// --- Who we are -----------------------------------------------------------------------------------

test("signed out: the session is asked once, and a 401 stops", async () => {
  let asked = 0;
  const it = live(5, [], { api: { session: async () => (asked++, null) } });
  it.link.receive("bye", { code: CloseCode.SIGNED_OUT, reconnect: false });
  await it.clock.advance(60_000);
  assert.deepEqual([asked, it.links.length, it.client.state], [1, 1, "stopped"]);
  assert.deepEqual(it.of("signedout"), [{ type: "signedout", reason: "signed_out" }]);
});

test("signed out, but the session is the same user's: it reconnects, once", async () => {
  let asked = 0;
  const it = live(5, [], { api: { session: async () => (asked++, { user: USER }) } });
  it.link.events.close(CloseCode.SIGNED_OUT);
  await it.clock.advance(500);
  assert.equal(it.links.length, 2);
  it.link.receive("bye", { code: CloseCode.SIGNED_OUT });
  await it.clock.advance(60_000);
  assert.deepEqual([asked, it.links.length, it.client.reason], [1, 2, "signed_out"]);
});

test("once it was synced again, it may ask again", async () => {
  let asked = 0;
  const it = live(5, [], { api: { session: async () => (asked++, { user: USER }) } });
  for (let times = 0; times < 3; times++) {
    it.link.events.close(CloseCode.SIGNED_OUT);
    await settle();
    await it.clock.advance(it.clock.nextInMs);
    it.link.hello({ revision: 5 });
    it.link.receive("synced", { revision: 5 });
  }
  assert.deepEqual([asked, it.client.state], [3, "live"]);
});

test("another user's session stops it", async () => {
  const it = live(5, [], { api: { session: async () => ({ user: "somebody" }) } });
  it.link.events.close(CloseCode.SIGNED_OUT);
  await it.clock.advance(60_000);
  assert.equal(it.client.reason, "other_user");
});

test("a hello for another user stops it, and nothing of theirs is taken", () => {
  const it = live(5, [notification(5)]);
  it.client.suspend();
  it.client.start();
  it.link.hello({ user: "somebody", revision: 9 });
  it.link.snapshot(9, [notification(9)]);
  assert.equal(it.link.isClosed, true);
  assert.equal(it.client.reason, "other_user");
  assert.deepEqual(it.held(), ["5"]);
  assert.deepEqual(it.of("signedout"), [{ type: "signedout", reason: "other_user" }]);
});

test("two connections that end without a word make it ask who we are", async () => {
  let asked = 0;
  const it = harness({ api: { session: async () => (asked++, null) } });
  it.client.start();
  it.link.events.close(1006);
  await it.clock.advance(500);
  assert.equal(asked, 0);
  it.link.events.close(1006);
  await settle();
  assert.deepEqual([asked, it.client.reason], [1, "signed_out"]);
});

test("a bye is a word", async () => {
  let asked = 0;
  const it = harness({ api: { session: async () => (asked++, null) } });
  it.client.start();
  for (let tries = 0; tries < 6; tries++) {
    it.link.receive("bye", { code: CloseCode.OVERLOADED, after_ms: 100 });
    await it.clock.advance(100);
  }
  assert.equal(asked, 0);
});

test("a session that cannot be asked does not stop it", async () => {
  const it = harness({ api: { session: async () => Promise.reject(new TypeError("network")) } });
  it.client.start();
  for (let tries = 0; tries < 6; tries++) {
    it.link.events.close(1006);
    await it.clock.advance(20_000);
  }
  assert.notEqual(it.client.state, "stopped");
});

test("signed in again, a visible page comes back; as somebody else it does not", async () => {
  let session = null;
  const it = live(5, [], { api: { session: async () => session } });
  it.link.events.close(CloseCode.SIGNED_OUT);
  await settle();
  it.client.wake();
  await settle();
  assert.equal(it.client.reason, "signed_out");
  session = { user: "somebody" };
  it.client.wake();
  await settle();
  assert.equal(it.client.reason, "other_user");
  const other = live(5, [], { api: { session: async () => session } });
  session = null;
  other.link.events.close(CloseCode.SIGNED_OUT);
  await settle();
  session = { user: USER };
  other.client.wake();
  await settle();
  assert.equal(other.links.length, 2);
});

// --- Staying up to date ---------------------------------------------------------------------------

test("duplicates are ignored, overlaps are applied", () => {
  const it = live(5);
  it.link.changes(4, 5, one(5));
  assert.deepEqual(it.held(), []);
  it.link.changes(3, 6, one(6));
  it.link.changes(5, 6, one(6));
  assert.deepEqual(it.announced(), ["6"]);
});

test("a gap makes one resume, a second after the one before at the earliest", async () => {
  const it = live(5);
  it.link.changes(7, 8, one(8));
  it.link.changes(8, 9, one(9));
  assert.deepEqual(it.link.frames("resume"), [], "the URL's cursor was the first, just now");
  await it.clock.advance(1_000);
  assert.deepEqual(it.link.frames("resume"), [{ type: "resume", epoch: EPOCH, since: 5 }]);
  it.link.changes(9, 10, one(10));
  await it.clock.advance(5_000);
  assert.equal(it.link.frames("resume").length, 1, "one is outstanding");
  it.link.changes(5, 10, one(10));
  it.link.receive("synced", { revision: 10 });
  assert.equal(it.client.inbox.revision, 10);
});

test("a gap that closes by itself needs none", async () => {
  const it = live(5);
  it.link.changes(6, 7, one(7));
  it.link.changes(5, 7, one(7));
  await it.clock.advance(5_000);
  assert.equal(it.link.frames("resume").length, 0);
});

test("a ping or synced ahead of us is a gap too", async () => {
  for (const type of ["ping", "synced"]) {
    const it = live(5);
    await it.clock.advance(2_000);
    it.link.receive(type, { revision: 6 });
    assert.equal(it.link.frames("resume").length, 1, type);
  }
});

test("what was heard of while catching up is resumed for afterwards", async () => {
  const it = live(5);
  await it.clock.advance(2_000);
  it.link.receive("ping", { revision: 7 });
  it.link.receive("ping", { revision: 9 });
  it.link.changes(5, 7, one(7));
  it.link.receive("synced", { revision: 7 });
  await it.clock.advance(1_000);
  assert.deepEqual(it.link.frames("resume").map(({ since }) => since), [5, 7]);
});

test("resuming that does not help gets rare", async () => {
  const it = live(5);
  await it.clock.advance(2_000);
  it.link.receive("ping", { revision: 6 });
  for (let second = 0; second < 60; second++) {
    it.link.receive("synced", { revision: 6 });
    await it.clock.advance(1_000);
  }
  assert.ok(it.link.frames("resume").length <= 7, String(it.link.frames("resume").length));
});

test("each ping is answered with what we hold", async () => {
  const it = live(5);
  it.link.receive("ping", { revision: 5 });
  it.link.receive("ping", { revision: 5 });
  assert.deepEqual(it.link.frames("pong"), Array(2).fill({ type: "pong", epoch: EPOCH, revision: 5 }));
});

test("before the first snapshot a pong holds nothing", () => {
  const it = harness();
  it.client.start();
  it.link.hello();
  it.link.receive("ping", { revision: 0 });
  assert.deepEqual(it.link.frames("pong"), [{ type: "pong", epoch: EPOCH, revision: 0 }]);
});

test("receipts come unasked within three seconds, and at most one a second", async () => {
  for (const random of [() => 0, () => 0.999]) {
    const it = live(5, [], { random });
    await it.clock.advance(4_000);
    const before = it.link.frames("pong").length;
    for (let revision = 6; revision <= 105; revision++) {
      it.link.changes(revision - 1, revision, one(revision));
      await it.clock.advance(100);
    }
    const receipts = it.link.frames("pong").slice(before);
    assert.ok(receipts.length >= 3 && receipts.length <= 10, String(receipts.length));
    await it.clock.advance(3_000);
    assert.equal(it.link.frames("pong").at(-1).revision, 105);
    await it.clock.advance(20_000);
    assert.ok(it.link.frames("pong").length <= before + 12);
  }
});

test("another epoch replaces the state on the open connection", () => {
  const it = live(50, [notification(50)]);
  it.link.snapshot(3, [notification(2)], { epoch: "epoch-2" });
  it.link.receive("synced", { revision: 3 });
  it.link.changes(3, 4, one(4));
  assert.deepEqual([it.client.inbox.epoch, it.client.inbox.revision], ["epoch-2", 4]);
  assert.deepEqual(it.announced(), ["4"]);
  assert.equal(it.link.frames("resume").length, 0);
});

test("changes of an epoch that is over are not taken for ours", async () => {
  const it = live(5);
  const old = it.link;
  old.receive("bye", { code: CloseCode.RESTART, after_ms: 0 });
  await it.clock.advance(250);
  it.link.hello({ epoch: "epoch-2", revision: 7 });
  it.link.snapshot(7, [], { epoch: "epoch-2" });
  old.changes(5, 8, one(8));
  assert.deepEqual([it.client.inbox.epoch, it.client.inbox.revision, it.held()], ["epoch-2", 7, []]);
  await it.clock.advance(1_000);
  assert.deepEqual(old.frames("resume"), [{ type: "resume", epoch: EPOCH, since: null }]);
});

test("malformed frames change nothing, and are asked for again by the next ping", async () => {
  const it = live(5);
  await it.clock.advance(2_000);
  it.link.events.message('{"type":"changes","since":5,"revision":6}');
  assert.equal(it.client.inbox.revision, 5);
  it.link.receive("ping", { revision: 6 });
  assert.equal(it.link.frames("resume").length, 1);
});

test("a straggler from an epoch that is over costs one resume, not one for ever", async () => {
  const it = live(50);
  it.link.snapshot(3, [], { epoch: "epoch-2" });
  it.link.receive("synced", { revision: 3 });
  it.link.changes(59, 60, one(60));
  for (let second = 0; second < 60; second++) {
    await it.clock.advance(1_000);
    it.link.receive("synced", { revision: 3 });
  }
  assert.equal(it.link.frames("resume").length, 1);
});

test("where few of the newest are left, a snapshot brings others", async () => {
  const newest = Array.from({ length: 50 }, (_, at) => notification(100 - at));
  const it = live(100, newest, { snapshot: { more: true } });
  await it.clock.advance(2_000);
  const archived = newest.map((held) => ({ ...held, revision: 101, archived_at: "2026-11-24T09:00:00.000Z" }));
  it.link.changes(100, 101, { notifications: archived });
  assert.deepEqual(it.link.frames("resume"), [{ type: "resume", epoch: EPOCH, since: null }]);
  it.link.snapshot(101, [notification(9)], { more: false });
  it.link.receive("synced", { revision: 101 });
  assert.deepEqual(it.client.inbox.latest(10).map(({ id }) => id), ["9"]);
});

// --- Announcing -----------------------------------------------------------------------------------

test("what the page's first snapshot holds is not announced", () => {
  const it = live(5, [notification(5)]);
  assert.deepEqual(it.announced(), []);
  assert.equal(it.of("summary").length, 0);
});

test("new ones are announced once, edited and returning ones are not", () => {
  const it = live(5, [notification(3)]);
  it.link.changes(5, 6, one(6));
  it.link.changes(6, 7, one(6, { id: "6", revision: 7, arrived_revision: 6, title: "edited" }));
  it.link.changes(7, 8, one(3, { revision: 8 }));
  assert.deepEqual(it.announced(), ["6"]);
});

test("one that woke is new again", () => {
  const it = live(5, [notification(3)]);
  it.link.changes(5, 6, one(3, { revision: 6, arrived_revision: 6, woken: true }));
  assert.deepEqual(it.announced(), ["3"]);
});

test("those seen or archived already are not announced", () => {
  const it = live(5);
  const away = "2026-11-24T09:00:00.000Z";
  const fields = [{ seen_at: away }, { archived_at: away }];
  fields.forEach((field, at) => it.link.changes(5 + at, 6 + at, one(6 + at, field)));
  assert.deepEqual(it.announced(), []);
});

test("what came while we were away is one summary", async () => {
  const it = live(5);
  it.link.events.close(1006);
  await it.clock.advance(500);
  it.link.hello({ revision: 8 });
  it.link.changes(5, 8, { notifications: [notification(6), notification(7, { seen_at: "x" }), notification(8)] });
  assert.equal(it.of("summary").length, 0);
  it.link.receive("synced", { revision: 8 });
  assert.deepEqual(it.of("summary").map(({ notifications }) => notifications.map(({ id }) => id)), [["6", "8"]]);
  assert.deepEqual(it.announced(), []);
  it.link.changes(8, 9, one(9));
  assert.deepEqual(it.announced(), ["9"]);
});

test("nothing came: nothing is said", async () => {
  const it = live(5);
  it.link.events.close(1006);
  await it.clock.advance(500);
  it.link.hello({ revision: 5 });
  it.link.receive("synced", { revision: 5 });
  assert.equal(it.of("summary").length, 0);
});

test("after a snapshot nothing older is announced", async () => {
  const it = live(5);
  it.link.events.close(1006);
  await it.clock.advance(500);
  it.link.hello({ revision: 900 });
  it.link.snapshot(900, [notification(900)]);
  it.link.receive("synced", { revision: 900 });
  assert.equal(it.of("summary").length + it.announced().length, 0);
});

test("a split frame is one change, and new is what is new to its first part", async () => {
  const it = live(5);
  it.link.events.close(1006);
  await it.clock.advance(500);
  it.events.length = 0;
  it.link.hello({ revision: 8 });
  it.link.changes(5, 7, { notifications: [notification(7)], partial: true, counts: undefined, removed: ["1"] });
  // It arrived at 6, so before the second part, but was not in the first.
  it.link.changes(7, 8, one(6, { revision: 8 }));
  it.link.receive("synced", { revision: 8 });
  const [change, ...others] = it.of("change");
  assert.deepEqual([change.notifications.map(({ id }) => id), change.removed, others], [["7", "6"], ["1"], []]);
  assert.deepEqual(it.of("summary")[0].notifications.map(({ id }) => id), ["7", "6"]);
});

test("a split frame that broke off is not forgotten", async () => {
  const it = live(5);
  it.link.events.close(1006);
  await it.clock.advance(500);
  it.link.hello({ revision: 8 });
  it.link.changes(5, 7, { notifications: [notification(7)], partial: true, counts: undefined });
  it.link.events.close(1006);
  await it.clock.advance(1_000);
  assert.deepEqual(it.link.cursor, { epoch: EPOCH, since: 7 });
  it.link.hello({ revision: 8 });
  it.link.changes(7, 8, one(6, { revision: 8 }));
  it.link.receive("synced", { revision: 8 });
  assert.deepEqual(it.of("summary")[0].notifications.map(({ id }) => id), ["7", "6"]);
});

test("what was withdrawn meanwhile is not announced", async () => {
  const it = live(5);
  it.link.events.close(1006);
  await it.clock.advance(500);
  it.link.hello({ revision: 8 });
  it.link.changes(5, 7, { notifications: [notification(6), notification(7)], partial: true, counts: undefined });
  it.link.changes(7, 8, { removed: ["6"] });
  it.link.receive("synced", { revision: 8 });
  assert.deepEqual(it.of("summary")[0].notifications.map(({ id }) => id), ["7"]);
});

// --- Acts -----------------------------------------------------------------------------------------

test("an act shows at once, and ends when the stream has brought it", async () => {
  const it = live(5, [notification(3)]);
  const done = it.client.markRead(["3"]);
  await settle();
  assert.equal(it.client.counts.unread, 0);
  assert.deepEqual(it.acts[0].body, { op: "read", notifications: ["3"] });
  it.acts[0].resolve({ revision: 6 });
  assert.equal(await done, true);
  assert.equal(it.client.inbox.overlays.size, 1);
  it.link.changes(5, 6, { notifications: [notification(3, { revision: 6, read_at: "x", seen_at: "x" })] });
  assert.equal(it.client.inbox.overlays.size, 0);
  assert.equal(it.client.counts.unread, 0);
});

test("each act has its word", async () => {
  const it = live(5, [notification(3)]);
  const names = ["markSeen", "markRead", "markUnread", "archive", "restore"];
  for (const name of names) it.client[name](["3"]);
  await settle();
  assert.deepEqual(it.acts.map(({ body }) => body.op), ["seen", "read", "unread", "archive", "restore"]);
});

test("an act that fails is taken back, and said", async () => {
  const it = live(5, [notification(3)]);
  const done = it.client.archive(["3"]);
  await settle();
  assert.deepEqual(it.client.inbox.latest(10), []);
  it.acts[0].reject(refusal(500));
  assert.equal(await done, false);
  assert.equal(it.client.inbox.latest(10).length, 1);
  assert.deepEqual(it.of("error"), [{ type: "error", op: "archive", ids: ["3"], status: 500 }]);
});

test("an act without a sign-in stops the client", async () => {
  const it = live(5, [notification(3)]);
  it.client.archive(["3"]);
  await settle();
  it.acts[0].reject(refusal(401));
  await settle();
  assert.equal(it.client.reason, "signed_out");
});

test("mark all says up to where, so that later arrivals stay unread", async () => {
  const it = live(5, [notification(5), notification(4)]);
  it.client.markAllRead();
  await settle();
  assert.deepEqual(it.acts[0].body, { op: "read", all: true, epoch: EPOCH, upto: 5 });
  it.link.changes(5, 6, { notifications: [notification(6)], counts: { unread: 3, unseen: 3 } });
  assert.equal(it.client.counts.unread, 1);
});

test("before the stream has told anything, mark all goes by the page", async () => {
  const it = harness({ page: { epoch: "drawn", revision: 7, counts: { unread: 4, unseen: 0 } } });
  it.client.markAllRead();
  await settle();
  assert.deepEqual(it.acts[0].body, { op: "read", all: true, epoch: "drawn", upto: 7 });
  assert.equal(it.client.counts.unread, 0);
});

test("an answer whose change does not come is doubted after ten seconds", async () => {
  const it = live(5, [notification(3)]);
  it.client.markRead(["3"]);
  await settle();
  it.acts[0].resolve({ revision: 6 });
  await it.clock.advance(9_999);
  assert.equal(it.client.counts.unread, 0);
  await it.clock.advance(1);
  assert.equal(it.client.counts.unread, 1);
  assert.equal(it.link.frames("resume").length, 1);
});

test("while there is no connection, it is believed", async () => {
  const it = live(5, [notification(3)]);
  it.link.events.close(1006);
  it.client.markRead(["3"]);
  await settle();
  it.acts[0].resolve({ revision: 6 });
  await settle();
  it.client.suspend();
  await it.clock.advance(60_000);
  assert.equal(it.client.counts.unread, 0);
});

// --- Which transport ------------------------------------------------------------------------------

test("one that says nothing for five seconds is blocked, if we are signed in", async () => {
  const it = harness();
  it.client.start();
  await it.clock.advance(4_999);
  assert.deepEqual(it.failed, []);
  await it.clock.advance(1);
  assert.deepEqual(it.failed, ["ws"]);
});

test("so is one that ended twice without a word, but not once", async () => {
  const it = harness();
  it.client.start();
  it.link.events.close(1006);
  await settle();
  assert.deepEqual(it.failed, []);
  await it.clock.advance(1_000);
  it.link.events.close(1006);
  await settle();
  assert.deepEqual(it.failed, ["ws"]);
});

test("a bye proves it, and only backs off", async () => {
  const it = harness();
  it.client.start();
  for (let n = 0; n < 4; n++) {
    it.link.receive("bye", { code: CloseCode.OVERLOADED, reconnect: true, after_ms: 100 });
    await it.clock.advance(100);
  }
  assert.deepEqual([it.failed, it.links.length], [[], 5]);
});

test("what is doubted is the transport that a connection was opened by, not what is chosen meanwhile", async () => {
  // To ask who we are takes longer than the pause before the next connection.
  const { promise, resolve } = Promise.withResolvers();
  const it = harness({ api: { whyStop: () => promise } });
  it.client.start();
  await it.clock.advance(5_000);
  await it.clock.advance(1_000);
  assert.equal(it.links.length, 2);
  resolve(null);
  await settle();
  it.transports.transport = "sse";
  await it.clock.advance(5_000);
  await it.clock.advance(1_000);
  assert.deepEqual([it.failed, it.links.length], [["ws", "ws"], 3]);
});

test("two doubts at once, about one transport, are one", async () => {
  const { promise, resolve } = Promise.withResolvers();
  const it = harness({ api: { whyStop: () => promise } });
  it.client.start();
  await it.clock.advance(12_000);
  resolve(null);
  await settle();
  assert.deepEqual(it.failed, ["ws"]);
});

test("where nobody can say who we are it is the network's fault, and the transport stays", async () => {
  const it = harness({ api: { session: async () => Promise.reject(new TypeError("network")) } });
  it.client.start();
  await it.clock.advance(60_000);
  assert.deepEqual(it.failed, []);
  assert.equal(it.client.reason, null);
});

test("where we are signed out by then it is nobody's fault", async () => {
  const it = harness({ api: { session: async () => null } });
  it.client.start();
  await it.clock.advance(5_000);
  assert.deepEqual([it.failed, it.client.reason], [[], "signed_out"]);
});

test("another hello on a connection is another catching up, and another user's is the end", () => {
  const it = live(5);
  it.link.hello({ revision: 7 });
  it.link.changes(5, 7, { notifications: [notification(6), notification(7)] });
  assert.deepEqual(it.announced(), []);
  it.link.receive("synced", { revision: 7 });
  assert.deepEqual(it.of("summary").map(({ notifications }) => notifications.length), [2]);
  it.link.hello({ user: "somebody" });
  it.link.changes(7, 8, { notifications: [notification(8)] });
  assert.deepEqual([it.client.reason, it.held().includes("8")], ["other_user", false]);
});

test("gently reconnected, it delivers until the new connection is synced", () => {
  const it = live(5);
  it.client.reconnect({ gently: true });
  const [old] = it.links;
  assert.deepEqual([it.links.length, old.isClosed, it.client.state], [2, false, "live"]);
  it.link.hello({ revision: 5 });
  it.link.receive("synced", { revision: 5 });
  assert.ok(old.isClosed);
});

test("a page that does not say whose it is starts once that is known", async () => {
  /** @type {() => Promise<{user: string}>} */
  let session = async () => Promise.reject(new TypeError("network"));
  const it = harness({ page: { user: null }, api: { session: () => session() } });
  it.client.revive();
  await it.clock.advance(20_000);
  assert.equal(it.links.length, 0);
  session = async () => ({ user: USER });
  await it.clock.advance(5_000);
  assert.deepEqual([it.links.length, it.client.user], [1, USER]);
});

test("an act without a network and without room for it is a failure", async () => {
  const it = live(5, [notification(3)]);
  it.link.events.close(1006);
  it.client.setOffline(true);
  const done = it.client.archive(["3"]);
  assert.equal(await done, false);
  assert.deepEqual(it.of("error"), [{ type: "error", op: "archive", ids: ["3"], status: 0 }]);
  assert.equal(it.client.inbox.latest(10).length, 1);
});
