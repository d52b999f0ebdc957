import assert from "node:assert/strict";
import test from "node:test";
import { InboxApi } from "../../notifications/static/notifications/api.js";
import { FakeClock } from "./support/fake-clock.js";

const OK = [200, { revision: 7, changed: 1, counts: { unread: 0, unseen: 0 } }];
/** @type {Inbox.ActBody} */
const ACT = { op: "read", notifications: ["3"], op_id: "one" };

/** An API whose server gives these answers, one after the other: [status, JSON, headers], or an error. */
function api(...answers) {
  const clock = new FakeClock();
  const requests = [];
  const fetch = async (url, options) => {
    requests.push({ url, ...options });
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    const [status, body, headers] = answer;
    return new Response(body === undefined ? "<html>" : JSON.stringify(body), { status, headers });
  };
  return { it: new InboxApi({ url: "/api/v1/", fetch, csrfToken: () => "token", clock, random: () => 0.5 }), clock, requests };
}

test("an act is posted with its token", async () => {
  const { it, requests } = api(OK);
  assert.equal((await it.act(ACT)).revision, 7);
  const [{ url, method, headers, body, keepalive }] = requests;
  assert.deepEqual([url, method, headers["X-CSRFToken"], keepalive], ["/api/v1/inbox/actions", "POST", "token", true]);
  assert.deepEqual(JSON.parse(body), ACT);
});

test("where no answer came it asks again, with the same id", async () => {
  const { it, clock, requests } = api(new TypeError("network"), [503, {}], OK);
  const done = it.act(ACT);
  await clock.advance(10_000);
  assert.equal((await done).revision, 7);
  assert.equal(new Set(requests.map(({ body }) => body)).size, 1);
});

test("thrice, and no more", async () => {
  const { it, clock, requests } = api(new TypeError(), new TypeError(), new TypeError());
  const done = assert.rejects(it.act(ACT), { status: 0 });
  await clock.advance(60_000);
  await done;
  assert.equal(requests.length, 3);
});

test("it waits as long as it is told to, but not for ever", async () => {
  const { it, clock, requests } = api([429, {}, { "Retry-After": "4" }], [429, {}, { "Retry-After": "3600" }], OK);
  const done = it.act(ACT);
  await clock.advance(4_000);
  assert.equal(requests.length, 1);
  await clock.advance(500);
  assert.equal(requests.length, 2);
  await clock.advance(10_500);
  assert.equal((await done).revision, 7);
});

test("a refusal is one at once", async () => {
  for (const status of [400, 401, 403, 409, 422, 500]) {
    const { it, requests } = api([status, { detail: "no" }]);
    await assert.rejects(it.act(ACT), { status });
    assert.equal(requests.length, 1);
  }
});

test("an answer that is none is a failure", async () => {
  for (const answer of [[200], [200, null], [200, {}], [200, { revision: "7" }]]) {
    await assert.rejects(api(answer).it.act(ACT), { status: 200 });
  }
});

test("the session is somebody, nobody, or unknown", async () => {
  assert.equal((await api([200, { user: "u", revision: 1 }]).it.session()).user, "u");
  assert.equal(await api([401, {}]).it.session(), null);
  assert.equal(await api([403, {}]).it.session(), null);
  await assert.rejects(api([502]).it.session());
  await assert.rejects(api(new TypeError()).it.session());
});

test("a page is asked for by its query", async () => {
  const { it, requests } = api([200, { revision: 1, notifications: [] }]);
  await it.page({ filter: "unread", before: "9", limit: "50" });
  assert.equal(requests[0].url, "/api/v1/inbox?filter=unread&before=9&limit=50");
});

test("a page goes on for the user it was drawn for, and learns whose it is where it did not know", async () => {
  const somebody = [200, { user: "u", revision: 1 }];
  const page = { user: null };
  assert.equal(await api(somebody).it.whyStop(page), null);
  assert.equal(page.user, "u");
  assert.equal(await api(somebody).it.whyStop(page), null);
  assert.equal(await api(somebody).it.whyStop({ user: "v" }), "other_user");
  assert.equal(await api([401, {}]).it.whyStop(page), "signed_out");
  await assert.rejects(api([502]).it.whyStop(page));
});

test("a receipt is posted once, whatever is answered", async () => {
  const { it, requests } = api([200, {}], [422, {}]);
  await it.delivered("e", 7);
  assert.deepEqual(JSON.parse(requests[0].body), { op: "delivered", epoch: "e", upto: 7 });
  await assert.rejects(it.delivered("e", 8), { status: 422 });
  assert.equal(requests.length, 2);
});
