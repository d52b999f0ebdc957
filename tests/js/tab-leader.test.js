/** Several tabs of one browser: one connection, one state. */
import assert from "node:assert/strict";
import test from "node:test";
import { FakeBrowser } from "./support/fake-browser.js";
import { FakeClock, randomFrom, settle } from "./support/fake-clock.js";
import { LossyServer } from "./support/lossy-server.js";

const SOON_MS = 1_000;

async function browser(tabCount = 3, options = {}) {
  const clock = new FakeClock();
  const random = randomFrom(7);
  const server = Object.assign(new LossyServer(clock, random), { isCalm: true, isForgiving: true });
  const it = new FakeBrowser({ clock, random, server });
  const tabs = Array.from({ length: tabCount }, () => it.open(options));
  await clock.advance(SOON_MS);
  return { it, clock, server, tabs };
}

const states = (tabs) => tabs.map(({ client }) => client.state);
const held = ({ client }) => client.inbox.latest(100).map(({ id }) => id);

test("of three tabs one is connected, and all are live", async () => {
  const { server, tabs } = await browser();
  assert.deepEqual(states(tabs), ["live", "live", "live"]);
  assert.deepEqual(tabs.map(({ tabs: { role } }) => role), ["leader", "follower", "follower"]);
  assert.equal(server.links.size, 1);
});

test("what comes is in every tab, and each tells it once", async () => {
  const { clock, server, tabs } = await browser();
  server.arrive();
  server.arrive();
  await clock.advance(SOON_MS);
  for (const tab of tabs) {
    assert.deepEqual(held(tab), ["2", "1"]);
    assert.deepEqual(tab.announced.map(({ id }) => id), ["1", "2"]);
  }
});

test("a tab that is opened later has all at once, from the leader", async () => {
  const { it, clock, server } = await browser(1);
  server.arrive();
  await clock.advance(SOON_MS);
  const late = it.open();
  await clock.advance(50);
  assert.deepEqual([late.client.state, held(late), late.announced], ["live", ["1"], []]);
  assert.equal(server.opened, 1);
});

test("an act in one tab shows in the others at once, and is posted once", async () => {
  const { clock, server, tabs } = await browser();
  server.arrive();
  await clock.advance(SOON_MS);
  tabs[1].client.markRead(["1"]);
  await clock.advance(5);
  assert.deepEqual(tabs.map(({ client }) => client.counts.unread), [0, 0, 0]);
  assert.equal(server.counts.unread, 1);
  await clock.advance(SOON_MS);
  assert.equal(server.counts.unread, 0);
  assert.equal(server.done.size, 1);
  for (const { client } of tabs) assert.equal(client.inbox.overlays.size, 0);
});

test("an act that is refused is taken back in every tab", async () => {
  const { clock, server, tabs } = await browser();
  server.arrive();
  await clock.advance(SOON_MS);
  server.act = () => {
    throw Object.assign(new Error("no"), { status: 500 });
  };
  tabs[1].client.archive(["1"]);
  await clock.advance(SOON_MS);
  for (const tab of tabs) assert.deepEqual(held(tab), ["1"]);
  assert.deepEqual(tabs.map((tab) => tab.events.filter(({ type }) => type === "error").length), [0, 1, 0]);
});

test("mark all in one tab, while another arrives, leaves that one unread everywhere", async () => {
  const { clock, server, tabs } = await browser();
  server.arrive();
  await clock.advance(SOON_MS);
  tabs[2].client.markAllRead();
  server.arrive();
  await clock.advance(SOON_MS);
  assert.deepEqual([server.counts.unread, ...tabs.map(({ client }) => client.counts.unread)], [1, 1, 1, 1]);
});

for (const [how, end] of Object.entries({
  closed: (tab) => tab.close(),
  crashed: (tab) => tab.crash(),
  frozen: (tab) => tab.freeze(),
})) {
  test(`when the leader is ${how} the next one leads, and nothing is missed`, async () => {
    const { it, clock, server, tabs } = await browser();
    server.arrive();
    await clock.advance(SOON_MS);
    end(tabs[0]);
    server.arrive();
    await clock.advance(SOON_MS);
    assert.deepEqual(states(tabs.slice(1)), ["live", "live"]);
    assert.equal(server.links.size, 1);
    assert.equal(it.leaders.length, 1);
    for (const tab of tabs.slice(1)) {
      assert.deepEqual(held(tab), ["2", "1"]);
      assert.deepEqual(tab.announced.map(({ id }) => id), ["1", "2"]);
    }
  });
}

test("a frozen tab comes back as one that follows", async () => {
  const { it, clock, server, tabs } = await browser();
  tabs[0].freeze();
  await clock.advance(SOON_MS);
  server.arrive();
  await clock.advance(SOON_MS);
  await tabs[0].resume();
  await clock.advance(SOON_MS);
  assert.deepEqual([tabs[0].tabs.role, tabs[0].client.state, held(tabs[0])], ["follower", "live", ["1"]]);
  assert.deepEqual([server.links.size, it.leaders.length], [1, 1]);
});

test("a leader that hangs is left once somebody looks at another tab, and follows when it wakes", async () => {
  const { it, clock, server, tabs } = await browser();
  tabs[0].hang();
  server.arrive();
  await clock.advance(SOON_MS);
  assert.deepEqual(held(tabs[1]), []);
  tabs[1].tabs.wake();
  await clock.advance(1_499);
  assert.equal(tabs[1].tabs.role, "follower");
  await clock.advance(SOON_MS);
  assert.deepEqual([tabs[1].tabs.role, held(tabs[1]), held(tabs[2])], ["leader", ["1"], ["1"]]);
  await tabs[0].goOn();
  await clock.advance(SOON_MS);
  assert.deepEqual([tabs[0].tabs.role, tabs[0].client.state, held(tabs[0])], ["follower", "live", ["1"]]);
  await clock.advance(15_000);
  assert.deepEqual([server.links.size, it.leaders.length], [1, 1]);
});

test("a hidden tab steals nothing", async () => {
  const { clock, tabs } = await browser(2);
  tabs[0].hang();
  tabs[1].isVisible = false;
  tabs[1].tabs.wake();
  await clock.advance(10_000);
  assert.equal(tabs[1].tabs.role, "follower");
});

test("a leader that answers is not stolen from", async () => {
  const { clock, server, tabs } = await browser();
  for (let look = 0; look < 5; look++) {
    tabs[1].tabs.wake();
    await clock.advance(2_000);
  }
  assert.deepEqual([tabs[0].tabs.role, server.opened], ["leader", 1]);
});

test("all tabs say what the leader says of the connection", async () => {
  const { clock, server, tabs } = await browser();
  server.setReachable(false);
  await clock.advance(10_000);
  assert.ok(states(tabs).every((state) => ["waiting", "connecting"].includes(state)), String(states(tabs)));
  assert.equal(new Set(states(tabs)).size, 1);
  server.setReachable(true);
  await clock.advance(30_000);
  assert.deepEqual(states(tabs), ["live", "live", "live"]);
});

test("what came while the leader was away is one summary in each tab", async () => {
  const { clock, server, tabs } = await browser();
  server.setReachable(false);
  await clock.advance(SOON_MS);
  for (let n = 0; n < 5; n++) server.arrive();
  server.setReachable(true);
  await clock.advance(30_000);
  for (const tab of tabs) {
    const [summary, ...others] = tab.events.filter(({ type }) => ["summary", "notification"].includes(type));
    assert.deepEqual(summary.notifications.map(({ id }) => id), ["1", "2", "3", "4", "5"]);
    assert.deepEqual([summary.type, others], ["summary", []]);
  }
});

test("signed out in one, all tabs stop, and none holds the lock", async () => {
  const { it, clock, server, tabs } = await browser();
  server.session = async () => null;
  for (const link of server.links) link.end(4001);
  await clock.advance(SOON_MS);
  assert.deepEqual(states(tabs), ["stopped", "stopped", "stopped"]);
  assert.deepEqual(tabs.map(({ client }) => client.reason), ["signed_out", "signed_out", "signed_out"]);
  assert.equal(server.links.size, 0);
  assert.equal(it.locks.holder(tabs[0].client.name), undefined);
  assert.deepEqual(tabs.map((tab) => tab.events.filter(({ type }) => type === "signedout").length), [1, 1, 1]);
});

test("signed in again, a tab that is looked at comes back, and then the others do", async () => {
  const { clock, server, tabs } = await browser();
  const { session } = server;
  server.session = async () => null;
  for (const link of server.links) link.end(4001);
  await clock.advance(SOON_MS);
  server.session = session;
  for (const tab of tabs) tab.tabs.wake();
  await clock.advance(SOON_MS);
  assert.deepEqual(states(tabs), ["live", "live", "live"]);
  assert.equal(server.links.size, 1);
});

test("tabs of different users share nothing", async () => {
  const { it, clock, server, tabs } = await browser(1);
  const other = it.open({ user: "user-2" });
  await clock.advance(SOON_MS);
  // The server takes both for user-1: the page of user-2 must not go on.
  assert.deepEqual([other.client.state, other.client.reason], ["stopped", "other_user"]);
  assert.deepEqual(states(tabs), ["live"]);
  server.arrive();
  await clock.advance(SOON_MS);
  assert.deepEqual(held(other), []);
});

test("without Web Locks, too, one of seven tabs is connected, and they agree", async () => {
  const { clock, server, tabs } = await browser(7, { hasLocks: false });
  assert.deepEqual(tabs.map(({ tabs: { role } }) => role).filter((role) => role === "leader"), ["leader"]);
  assert.deepEqual([server.links.size, server.opened], [1, 1]);
  server.arrive();
  await clock.advance(SOON_MS);
  tabs[6].client.markRead(["1"]);
  await clock.advance(SOON_MS);
  for (const tab of tabs) assert.deepEqual([held(tab), tab.client.counts.unread, tab.client.state], [["1"], 0, "live"]);
});

for (const [how, end] of Object.entries({
  closed: (tab) => tab.close(),
  crashed: (tab) => tab.crash(),
  frozen: (tab) => tab.freeze(),
  hung: (tab) => tab.hang(),
})) {
  test(`without Web Locks the next one leads when the leader is ${how}, and that follows if it comes back`, async () => {
    const { it, clock, server, tabs } = await browser(3, { hasLocks: false });
    const leader = tabs.find((tab) => tab.tabs.role === "leader");
    end(leader);
    server.arrive();
    await clock.advance(6_000);
    const others = tabs.filter((tab) => tab !== leader);
    for (const tab of others) assert.deepEqual([tab.client.state, held(tab)], ["live", ["1"]]);
    assert.equal(it.leaders.length, 1);
    if (how === "frozen") await leader.resume();
    if (how === "hung") await leader.goOn();
    await clock.advance(SOON_MS);
    assert.deepEqual([it.leaders.length, server.links.size], [1, 1]);
    assert.equal(it.leaders[0] === leader, false);
  });
}

test("without Web Locks nobody takes the lead from a tab that has it and answers", async () => {
  const { clock, server, tabs } = await browser(3, { hasLocks: false });
  const roles = () => tabs.map(({ tabs: { role } }) => role);
  const before = roles();
  await clock.advance(10 * 60_000);
  assert.deepEqual([roles(), server.opened], [before, 1]);
});

test("without Web Locks a page in the back/forward cache has no channel that could evict it", async () => {
  const { it, clock, tabs } = await browser(2, { hasLocks: false });
  tabs[0].tabs.suspend({ closesChannel: true });
  await settle();
  assert.equal(it.channels.countOf(tabs[0]), 0);
  await clock.advance(SOON_MS);
  assert.equal(tabs[1].tabs.role, "leader");
});

test("a page in the back/forward cache keeps neither lock nor channel", async () => {
  const { it, clock, server, tabs } = await browser(2);
  tabs[0].tabs.suspend({ closesChannel: true });
  await clock.advance(SOON_MS);
  assert.equal(it.locks.holder(tabs[0].client.name), tabs[1]);
  server.arrive();
  await clock.advance(SOON_MS);
  assert.deepEqual(held(tabs[0]), []);
  tabs[0].client.start();
  await clock.advance(SOON_MS);
  assert.deepEqual([held(tabs[0]), tabs[0].tabs.role], [["1"], "follower"]);
});

test("another epoch reaches all tabs", async () => {
  const { clock, server, tabs } = await browser();
  for (let n = 0; n < 20; n++) server.arrive();
  await clock.advance(SOON_MS);
  server.newEpoch();
  await clock.advance(SOON_MS);
  server.arrive();
  await clock.advance(SOON_MS);
  for (const { client } of tabs) {
    assert.deepEqual([client.inbox.epoch, client.inbox.revision], [server.epoch, server.revision]);
    assert.deepEqual(client.counts, server.counts);
  }
});

test("what is done without a network is done once there is one, in order and once", async () => {
  const { clock, server, tabs } = await browser();
  for (let n = 0; n < 3; n++) server.arrive();
  await clock.advance(SOON_MS);
  server.setReachable(false);
  for (const { client } of tabs) client.setOffline(true);
  await clock.advance(5_000);
  assert.deepEqual(states(tabs), ["offline", "offline", "offline"]);
  const done = [tabs[1].client.markRead(["1"]), tabs[2].client.archive(["2"]), tabs[1].client.markUnread(["1"])];
  await clock.advance(SOON_MS);
  for (const tab of tabs) assert.deepEqual([held(tab), tab.client.counts.unread], [["3", "1"], 2]);
  server.setReachable(true);
  for (const { client } of tabs) client.setOffline(false);
  await clock.advance(30_000);
  assert.deepEqual(await Promise.all(done), [true, true, true]);
  assert.equal(server.done.size, 3);
  assert.equal(server.items.get("1").read_at, null);
  assert.ok(server.items.get("2").archived_at);
  for (const tab of tabs) assert.deepEqual([held(tab), tab.client.counts.unread, tab.client.inbox.overlays.size], [["3", "1"], 2, 0]);
});

test("so it is where the tab that did it is gone", async () => {
  const { it, clock, server, tabs } = await browser(2);
  server.arrive();
  await clock.advance(SOON_MS);
  server.setReachable(false);
  for (const { client } of tabs) client.setOffline(true);
  await clock.advance(5_000);
  tabs[0].client.archive(["1"]);
  await clock.advance(SOON_MS);
  for (const tab of tabs) tab.crash();
  server.setReachable(true);
  const next = it.open();
  await clock.advance(5_000);
  assert.deepEqual([server.done.size, held(next), next.client.state], [1, [], "live"]);
});

test("what was kept and is refused is told in every tab, and taken back", async () => {
  const { clock, server, tabs } = await browser(2);
  server.arrive();
  await clock.advance(SOON_MS);
  server.setReachable(false);
  for (const { client } of tabs) client.setOffline(true);
  await clock.advance(5_000);
  tabs[1].client.archive(["1"]);
  await settle();
  server.act = () => {
    throw Object.assign(new Error("no"), { status: 422 });
  };
  server.setReachable(true);
  for (const { client } of tabs) client.setOffline(false);
  await clock.advance(30_000);
  for (const tab of tabs) {
    assert.deepEqual(held(tab), ["1"]);
    assert.deepEqual(tab.events.filter(({ type }) => type === "error").map(({ op, status }) => [op, status]), [["archive", 422]]);
  }
});

test("an act whose tab died before its answer is not believed for ever", async () => {
  const { clock, server, tabs } = await browser(2);
  server.arrive();
  await clock.advance(SOON_MS);
  server.post = () => new Promise(() => {});
  tabs[0].client.archive(["1"]);
  await clock.advance(5);
  assert.deepEqual(held(tabs[1]), []);
  tabs[0].crash();
  await clock.advance(100_000);
  assert.deepEqual(held(tabs[1]), ["1"]);
});

test("where there is no other tab nothing is passed on, and one that comes then misses nothing", async () => {
  const { it, clock, server } = await browser(1);
  const posted = [];
  it.channels.heard = ({ type }) => posted.push(type);
  server.arrive();
  await clock.advance(SOON_MS);
  assert.ok(!posted.includes("frame"), posted.join());
  const late = it.open();
  server.arrive();
  await clock.advance(SOON_MS);
  assert.deepEqual([late.client.state, held(late)], ["live", ["2", "1"]]);
  server.arrive();
  await clock.advance(SOON_MS);
  assert.deepEqual(held(late), ["3", "2", "1"]);
  assert.ok(posted.includes("frame"));
});
