/**
 * All that somebody who is to mend a fault would ask for, as plain text and without secrets. Its own
 * words are English for everybody, since they are not for who copies it.
 */
import { bytesText, eventsText, figuresOf, msText } from "./figures.js";

const WORDS = { ok: "ok", bad: "NOT OK", unknown: "not known" };

/** @param {Diagnostics.Comparison} comparison */
export function comparisonLines(comparison) {
  const { socket, polling, earlierMedian, events } = figuresOf(comparison);
  /** @param {string} name @param {Diagnostics.LaneFigures} lane @param {string} failure */
  const line = (name, lane, failure) =>
    `${name}: ${lane.requests} requests, ${lane.empty} empty, ${bytesText(lane.up)} up, ${bytesText(lane.down)} down, median ${msText(lane.median)}, p95 ${msText(lane.p95)}${failure && `, ${failure}`}`;
  return [
    `${comparison.seconds} s, polling every ${comparison.intervalMs / 1000} s, ${eventsText(events.length)}`,
    line("HTTP polling", polling, comparison.polling.failure),
    line("WebSocket", socket, comparison.socket.failure),
    `WebSocket was earlier by ${msText(earlierMedian)} (median)`,
  ];
}

/** @param {Diagnostics.ReportParts} parts */
export function reportText({ now, page, browser, facts, findings, comparison, drops, frames, handshake }) {
  const heads = handshake ? [...headLines(handshake.request), "", ...headLines(handshake.response)] : [];
  /** @type {[string, string[]][]} */
  const sections = [
    ["Connection", facts.map(([name, value]) => `${name}: ${value}`)],
    ["Checks", findings.map(([name, { verdict, text }]) => `${name}: ${WORDS[verdict]}. ${text}`)],
    ["Comparison", comparison],
    ["Drops", drops],
    ["Last frames", frames],
    ["Handshake of a connection opened for this page", heads],
  ];
  const said = sections.map(([title, lines]) => [`## ${title}`, ...(lines.length ? lines : ["(none)"])].join("\n"));
  return [`# Diagnostics of ${page}`, `${now.toISOString()}\n${browser}`, ...said].join("\n\n");
}

/** @param {Diagnostics.Head} head */
const headLines = ({ line, headers }) => [line, ...headers.map(([name, value]) => `${name}: ${value}`)];
