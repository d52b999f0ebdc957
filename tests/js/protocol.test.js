import assert from "node:assert/strict";
import test from "node:test";
import { CloseCode } from "../../notifications/static/notifications/contract.js";
import { ID_MAX_LENGTH, isFinal, parse, pingFrame, pongFrame, resumeFrame } from "../../notifications/static/notifications/protocol.js";
import { EPOCH, notification } from "./support/harness.js";

const counts = { unread: 1, unseen: 0 };
const hello = { type: "hello", user: "u", epoch: EPOCH, revision: 3, ping_interval_s: 25 };
const changes = { type: "changes", since: 1, revision: 2, notifications: [notification(2)], removed: ["1"], counts };
const snapshot = { type: "snapshot", epoch: EPOCH, revision: 2, notifications: [], more: false, counts };

/** @type {[number, "STOP" | "BACK_OFF" | "RECONNECT"][]} */
const VERDICTS = [
  [4000, "STOP"], [CloseCode.SIGNED_OUT, "STOP"], [CloseCode.NOT_ALLOWED, "STOP"],
  [CloseCode.PROTOCOL_VIOLATED, "STOP"], [CloseCode.VERSION, "STOP"], [4099, "STOP"], [1009, "STOP"],
  [CloseCode.RATE_LIMIT, "BACK_OFF"], [CloseCode.OVERLOADED, "BACK_OFF"], [CloseCode.TOO_MANY_CONNECTIONS, "BACK_OFF"],
  [4199, "BACK_OFF"], [1000, "BACK_OFF"], [1001, "BACK_OFF"], [1005, "BACK_OFF"], [1006, "BACK_OFF"],
  [1011, "BACK_OFF"], [1013, "BACK_OFF"], [3000, "BACK_OFF"], [4300, "BACK_OFF"], [4999, "BACK_OFF"],
  [CloseCode.RESTART, "RECONNECT"], [CloseCode.TOO_SLOW, "RECONNECT"], [CloseCode.RENEW, "RECONNECT"],
  [CloseCode.STATE_LOST, "RECONNECT"], [CloseCode.NO_PONG, "RECONNECT"], [4299, "RECONNECT"], [1012, "RECONNECT"],
]; // prettier-ignore

test("the range of a code is its verdict", () => {
  for (const [code, expected] of VERDICTS) assert.equal(isFinal(code), expected === "STOP", String(code));
});

test("frames are understood, with what nobody knows yet in them", () => {
  for (const frame of [hello, changes, snapshot, { type: "bye", code: 4200 }, { type: "ping", revision: 0 }]) {
    const more = { ...frame, invented: { later: true } };
    assert.deepEqual(parse(JSON.stringify(more)), more);
  }
});

test("a part of a split frame has no counts", () => {
  const part = { ...changes, counts: undefined };
  assert.equal(parse(JSON.stringify(part)), null);
  assert.ok(parse(JSON.stringify({ ...part, partial: true })));
});

test("types that nobody knows are nothing to act upon", () => {
  for (const type of ["later", "constructor", "__proto__", "toString"]) {
    assert.equal(parse(JSON.stringify({ type, revision: 1 })), null);
  }
});

test("malformed frames are null", () => {
  const malformed = [
    "", "{", "null", "1", "[]", '"ping"', "{}", '{"type":1}', undefined, null, new ArrayBuffer(2),
    { ...hello, user: 7 }, { ...hello, user: "" }, { ...hello, epoch: "x".repeat(65) }, { ...hello, revision: -1 },
    { ...hello, ping_interval_s: 0 }, { ...hello, ping_interval_s: undefined },
    { ...changes, since: "1" }, { ...changes, revision: 1.5 }, { ...changes, revision: 2 ** 53 },
    { ...changes, notifications: {} }, { ...changes, notifications: [null] }, { ...changes, notifications: [{ id: "1" }] },
    { ...changes, removed: [1] }, { ...changes, removed: undefined }, { ...changes, counts: { unread: 1 } },
    { ...snapshot, epoch: null }, { ...snapshot, counts: null }, { type: "ping" }, { type: "synced", revision: null },
    { type: "bye" },
  ]; // prettier-ignore
  for (const one of malformed) {
    const text = one && typeof one === "object" && "type" in one ? JSON.stringify(one) : one;
    assert.equal(parse(text), null, String(text));
  }
});

test("the largest revision is one that doubles hold", () => {
  const ping = { type: "ping", revision: 2 ** 53 - 1 };
  assert.deepEqual(parse(JSON.stringify(ping)), ping);
  assert.equal(parse(JSON.stringify({ ...ping, revision: 2 ** 53 })), null);
});

test("client frames are what the protocol says, and small", () => {
  assert.deepEqual(JSON.parse(resumeFrame(EPOCH, 7)), { type: "resume", epoch: EPOCH, since: 7 });
  assert.deepEqual(JSON.parse(resumeFrame(EPOCH, null)), { type: "resume", epoch: EPOCH, since: null });
  assert.deepEqual(JSON.parse(pongFrame(EPOCH, 7)), { type: "pong", epoch: EPOCH, revision: 7 });
  assert.deepEqual(JSON.parse(pingFrame()), { type: "ping" });
  const largest = resumeFrame("x".repeat(ID_MAX_LENGTH), Number.MAX_SAFE_INTEGER);
  // CLIENT_FRAME_MAX_BYTES
  assert.ok(largest.length < 4096);
});
