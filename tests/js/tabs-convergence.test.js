/** Whatever happens to tabs and to their server: all tabs arrive at its state, over one connection. */
import assert from "node:assert/strict";
import test from "node:test";
import { FakeBrowser } from "./support/fake-browser.js";
import { FakeClock, randomFrom } from "./support/fake-clock.js";
import { LossyServer } from "./support/lossy-server.js";

const SEEDS = Number(process.env.CONVERGENCE_SEEDS ?? 150);
const FIRST_SEED = Number(process.env.CONVERGENCE_FIRST_SEED ?? 1);
const STEPS = 60;
const TABS_MAX = 5;
const ACTS = ["markSeen", "markRead", "markUnread", "archive", "restore"];

function world(seed, hasLocks) {
  const random = randomFrom(seed);
  const clock = new FakeClock();
  const server = Object.assign(new LossyServer(clock, random), { isForgiving: true });
  const browser = new FakeBrowser({ clock, random, server });
  browser.open({ hasLocks });
  return { hasLocks, random, clock, server, browser, frozen: new Set(), hung: new Set(), hasLeaderHung: false };
}

/** Something that happens to a server, to a tab, or in one. */
async function step(it) {
  const { server, browser, random, frozen, hung, hasLocks } = it;
  const ids = [...server.items.keys()];
  const tab = server.pick(browser.running);
  const dice = random();
  if (dice < 0.3) server.arrive();
  else if (dice < 0.33) for (let burst = 0; burst < 40; burst++) server.arrive();
  else if (dice < 0.5 && ids.length && tab) tab.client[server.pick(ACTS)]([server.pick(ids)]);
  else if (dice < 0.52 && tab) tab.client.markAllRead();
  else if (dice < 0.55 && ids.length) server.remove(server.pick(ids));
  else if (dice < 0.57) server.restart();
  else if (dice < 0.6) server.cut();
  else if (dice < 0.61) server.newEpoch();
  else if (dice < 0.64) setNetwork({ server, browser }, !server.isReachable);
  else if (dice < 0.7 && browser.running.length < TABS_MAX) browser.open({ hasLocks });
  else if (!tab) await (frozen.size || hung.size ? thaw({ frozen, hung }, server) : browser.open({ hasLocks }));
  else if (dice < 0.73) tab.close();
  else if (dice < 0.76) tab.crash();
  else if (dice < 0.8) frozen.add(tab) && tab.freeze();
  else if (dice < 0.84) hang(it, tab);
  else if (dice < 0.9) await thaw({ frozen, hung }, server);
  else tab.tabs.wake();
}

function hang(it, tab) {
  it.hasLeaderHung ||= tab.tabs.role === "leader";
  it.hung.add(tab);
  tab.hang();
}

function setNetwork({ server, browser }, isReachable) {
  server.setReachable(isReachable);
  for (const tab of browser.running) tab.client.setOffline(!isReachable);
}

async function thaw({ frozen, hung }, server) {
  const tab = server.pick([...frozen, ...hung]);
  if (frozen.delete(tab)) await tab.resume();
  else if (hung.delete(tab)) await tab.goOn();
}

async function run(seed, hasLocks) {
  const it = world(seed, hasLocks);
  const { clock, server, browser, frozen, hung } = it;
  for (let at = 0; at < STEPS; at++) {
    await step(it);
    await clock.advance(it.random() * 1_500);
    assert.ok(browser.connected.length <= 1, "one connection at a time");
  }
  // Peace: who stood still goes on, somebody looks at each tab, and time passes.
  server.isCalm = true;
  while (frozen.size || hung.size) await thaw(it, server);
  if (!browser.running.length) browser.open({ hasLocks });
  setNetwork(it, true);
  for (const tab of browser.running) tab.tabs.wake();
  await clock.advance(150_000);
  check(it);
  const { opened } = server;
  await clock.advance(60_000);
  assert.equal(server.opened, opened, "in peace nobody reconnects");
  return it;
}

function check({ server, browser, hasLeaderHung }) {
  assert.deepEqual(server.faults, []);
  assert.equal(browser.leaders.length, 1);
  assert.equal(server.links.size, 1, "one connection is left");
  const entries = Array.from({ length: browser.storage.length }, (_, at) => browser.storage.key(at));
  assert.deepEqual(entries, [], "nothing waits to be sent");
  for (const { client, announced } of browser.running) {
    const { inbox } = client;
    assert.equal(client.state, "live");
    assert.deepEqual([inbox.epoch, inbox.revision], [server.epoch, server.revision]);
    assert.deepEqual(client.counts, server.counts);
    assert.equal(inbox.overlays?.size ?? 0, 0);
    assert.deepEqual(inbox.latest(10).map(({ id }) => id), server.listed.slice(0, 10).map(({ id }) => id));
    for (const held of inbox.notifications.values()) assert.deepEqual(held, server.items.get(held.id));
    const told = announced.map((one) => `${one.epoch} ${one.id} ${one.arrived_revision}`);
    // Until it learns better, a leader that wakes speaks of what was when it fell asleep.
    if (!hasLeaderHung) assert.equal(new Set(told).size, told.length, "nothing is announced twice");
  }
}

for (const hasLocks of [true, false]) {
  const count = hasLocks ? SEEDS : Math.ceil(SEEDS / 3);
  const kind = hasLocks ? "browsers" : "browsers without Web Locks";
  test(`${count} ${kind}, and all of their tabs arrive each time`, async () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + count; seed++) {
      await run(seed, hasLocks).catch((error) => {
        error.message = `seed ${seed} (CONVERGENCE_FIRST_SEED=${seed} CONVERGENCE_SEEDS=1): ${error.message}`;
        throw error;
      });
    }
  });
}
