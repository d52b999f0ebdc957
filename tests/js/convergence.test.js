/** Whatever a server loses, doubles or reorders, and however it ends: the client arrives at its state. */
import assert from "node:assert/strict";
import test from "node:test";
import { Acts } from "../../notifications/static/notifications/acts.js";
import { InboxClient } from "../../notifications/static/notifications/inbox-client.js";
import { FakeClock, randomFrom } from "./support/fake-clock.js";
import { LossyServer } from "./support/lossy-server.js";

const SEEDS = Number(process.env.CONVERGENCE_SEEDS ?? 300);
const FIRST_SEED = Number(process.env.CONVERGENCE_FIRST_SEED ?? 1);
const STEPS = 60;
const ACTS = ["markSeen", "markRead", "markUnread", "archive", "restore"];

function world(seed) {
  const random = randomFrom(seed);
  const clock = new FakeClock();
  const server = new LossyServer(clock, random);
  const announced = [];
  const later = (call, ms) => new Promise((resolve, reject) => {
    clock.setTimeout(() => {
      try {
        resolve(call());
      } catch (error) {
        reject(error);
      }
    }, ms);
  }); // prettier-ignore
  const page = { user: "user-1", epoch: null, revision: 0, counts: { unread: 0, unseen: 0 } };
  const api = {
    one: () => later(() => null, 10),
    chosen: async () => ({}),
    page: async () => null, choose: async () => ({}), mute: async () => ({}),
    whyStop: () => later(() => null, 10),
    act: (body) => {
      if (server.chance(0.1)) return later(() => Promise.reject(Object.assign(new Error(), { status: 503 })), 10);
      return later(() => server.act(body), random() * 300).then((answer) => later(() => answer, random() * 300));
    },
  };
  let acts;
  const client = new InboxClient({
    open: server.open,
    clock,
    random,
    url: "http://host/api/v1/",
    page,
    services: async () => ({ api, acts: (acts ??= new Acts({ client, api, page, storage: null })) }),
    transports: { transport: "ws", works: () => {}, next: () => {} },
  });
  const note = (notifications) => {
    for (const { id, arrived_revision } of notifications) announced.push(`${client.inbox.epoch} ${id} ${arrived_revision}`);
  };
  client.addEventListener("notification", ({ detail }) => note([detail.notification]));
  client.addEventListener("summary", ({ detail }) => note(detail.notifications));
  return { random, clock, server, client, announced };
}

function step({ server, client, random }) {
  const ids = [...server.items.keys()];
  const dice = random();
  if (dice < 0.45) server.arrive();
  else if (dice < 0.5) for (let burst = 0; burst < 40; burst++) server.arrive();
  else if (dice < 0.75 && ids.length) client[server.pick(ACTS)]([server.pick(ids)]);
  else if (dice < 0.78) client.markAllRead();
  else if (dice < 0.82 && ids.length) server.remove(server.pick(ids));
  else if (dice < 0.85 && ids.length) server.wake(server.pick(ids));
  else if (dice < 0.89) server.restart();
  else if (dice < 0.93) server.cut();
  else if (dice < 0.94) server.newEpoch();
  else if (dice < 0.97) client.wake();
  else client.setOffline(random() < 0.5);
}

/** What both should agree upon. */
const shown = (notifications) => notifications.map(({ id, revision, read_at, seen_at, title }) => ({ id, revision, read_at: !!read_at, seen_at: !!seen_at, title }));

async function run(seed) {
  const it = world(seed);
  const { clock, server, client, announced } = it;
  client.start();
  for (let at = 0; at < STEPS; at++) {
    step(it);
    await clock.advance(it.random() * 1_500);
  }
  server.isCalm = true;
  client.setOffline(false);
  await clock.advance(120_000);
  assert.equal(client.state, "live");
  assert.deepEqual([client.inbox.epoch, client.inbox.revision], [server.epoch, server.revision]);
  assert.deepEqual(client.counts, server.counts);
  assert.equal(client.inbox.overlays?.size ?? 0, 0);
  assert.deepEqual(shown(client.inbox.latest(10)), shown(server.listed.slice(0, 10)));
  for (const held of client.inbox.notifications.values()) assert.deepEqual(held, server.items.get(held.id));
  assert.deepEqual(server.faults, []);
  assert.equal(server.links.size, 1, "one connection is left");
  assert.equal(new Set(announced).size, announced.length, "nothing is announced twice");
  // In peace nothing is asked for any more.
  const [link] = server.links;
  const resumes = link.resumes.length;
  const opened = server.opened;
  await clock.advance(60_000);
  assert.deepEqual([link.resumes.length, server.opened], [resumes, opened]);
  return server;
}

test(`${SEEDS} lossy servers, and the client arrives each time`, async () => {
  let opened = 0;
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    const server = await run(seed).catch((error) => {
      error.message = `seed ${seed} (CONVERGENCE_FIRST_SEED=${seed} CONVERGENCE_SEEDS=1): ${error.message}`;
      throw error;
    });
    opened += server.opened;
  }
  assert.ok(opened / SEEDS < STEPS, "reconnecting does not become a habit");
});
