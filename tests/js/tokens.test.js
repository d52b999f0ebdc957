import assert from "node:assert/strict";
import test from "node:test";
import { Tokens } from "../../notifications/static/notifications/tokens.js";
import { FakeClock } from "./support/fake-clock.js";

/** Tokens, from a page's server that gives these answers, and ours that gives those. */
function tokens({ given = [], answers = [] } = {}) {
  const clock = new FakeClock();
  const asked = [];
  const requests = [];
  let count = 0;
  const fetch = async (url, options) => {
    if (url === "/notify-token/") {
      asked.push(options);
      const next = given.shift() ?? { token: `t${++count}`, expires_in: 600 };
      if (next instanceof Error) throw next;
      return typeof next === "number" ? new Response(null, { status: next }) : Response.json(next);
    }
    requests.push({ url, ...options });
    return new Response(null, { status: answers.shift() ?? 200 });
  };
  const it = new Tokens({ url: "/notify-token/", fetch, csrfToken: () => "csrf", clock });
  return { it, clock, asked, requests };
}

test("a token is asked of the page's own server, once for all that need it", async () => {
  const { it, asked } = tokens();
  assert.deepEqual(await Promise.all([it.get(), it.get()]), ["t1", "t1"]);
  assert.equal(asked.length, 1);
  assert.deepEqual([asked[0].method, asked[0].headers["X-CSRFToken"]], ["POST", "csrf"]);
});

test("it goes into the header, and never into a URL; cookies stay at home", async () => {
  const { it, requests } = tokens();
  await it.fetch("https://notify.example/api/v1/session", { cache: "no-store", headers: { Accept: "x" } });
  const [{ url, headers, credentials, cache }] = requests;
  assert.deepEqual([url, cache, credentials], ["https://notify.example/api/v1/session", "no-store", "omit"]);
  assert.deepEqual(headers, { Accept: "x", Authorization: "Bearer t1" });
});

test("it is renewed a minute before its end", async () => {
  const { it, clock } = tokens();
  await it.get();
  await clock.advance(539_999);
  assert.equal(await it.get(), "t1");
  await clock.advance(1);
  assert.equal(await it.get(), "t2");
});

test("a short-lived one is of use for half of its life", async () => {
  const { it, clock } = tokens({ given: [{ token: "short", expires_in: 40 }] });
  assert.equal(await it.get(), "short");
  await clock.advance(19_999);
  assert.equal(await it.get(), "short");
  await clock.advance(1);
  assert.equal(await it.get(), "t1");
});

test("one that is refused is renewed once", async () => {
  const { it, requests } = tokens({ answers: [401, 200, 401, 401] });
  assert.equal((await it.fetch("/x")).status, 200);
  assert.deepEqual(requests.map(({ headers }) => headers.Authorization), ["Bearer t1", "Bearer t2"]);
  assert.equal((await it.fetch("/x")).status, 401);
  assert.equal(requests.length, 4);
});

test("two that are refused at once renew it once", async () => {
  const { it, asked } = tokens({ answers: [401, 401, 200, 200] });
  await Promise.all([it.fetch("/x"), it.fetch("/y")]);
  assert.equal(asked.length, 2);
});

test("whom the page's server gives none, nobody knows", async () => {
  for (const status of [401, 403]) {
    const { it, requests } = tokens({ given: [status] });
    assert.deepEqual([(await it.fetch("/x")).status, requests.length], [401, 0]);
  }
});

test("where none can be had it is tried again by the next", async () => {
  const { it } = tokens({ given: [new TypeError("network"), 500] });
  await assert.rejects(it.get());
  await assert.rejects(it.fetch("/x"), { status: 500 });
  assert.equal(await it.get(), "t1");
});
