/** What a comparison says, in numbers. */
import { gettext, interpolate, ngettext } from "../gettext.js";
import { locale } from "../time.js";

/** The middle one, or between two the mean. @param {number[]} values */
export function median(values) {
  if (!values.length) return null;
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** 95 of 100 are at most this. @param {number[]} values */
export function p95(values) {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.ceil(sorted.length * 0.95) - 1] ?? null;
}

/** @param {Diagnostics.Lane} lane @param {number[]} delays @returns {Diagnostics.LaneFigures} */
function laneFigures({ requests, empty, up, down }, delays) {
  return { median: median(delays), p95: p95(delays), requests, empty, up, down };
}

/** @param {(number | null)[]} values @returns {number[]} */
const known = (values) => values.filter((value) => value !== null);

/**
 * All of it. When an event was earlier by one way than by the other is told by this page's clock
 * alone; how long it took from the server on, by a guess at the difference of the two clocks.
 * @param {Diagnostics.Comparison} comparison
 * @returns {Diagnostics.Figures}
 */
export function figuresOf({ events, socket, polling, clock, beganAt }) {
  const rows = [...events].sort(([one], [other]) => one - other).map(([id, atMs]) => {
    const [bySocket, byPolling] = [socket.arrivals.get(id), polling.arrivals.get(id)];
    const happenedAt = clock && atMs - clock.offset;
    /** @param {number | undefined} at */
    const delay = (at) => (at === undefined || happenedAt === null ? null : Math.max(0, at - happenedAt));
    const earlier = bySocket === undefined || byPolling === undefined ? null : byPolling - bySocket;
    const happened = happenedAt === null ? null : happenedAt - beganAt;
    return { id, happened, socket: delay(bySocket), polling: delay(byPolling), earlier };
  });
  const earlier = known(rows.map((row) => row.earlier));
  return {
    events: rows,
    socket: laneFigures(socket, known(rows.map((row) => row.socket))),
    polling: laneFigures(polling, known(rows.map((row) => row.polling))),
    earlierMedian: median(earlier),
    earlierP95: p95(earlier),
  };
}

/** Of two guesses at the server's clock the one with less doubt. @param {Diagnostics.ClockGuess | null} one @param {Diagnostics.ClockGuess} other */
export const better = (one, other) => (one && one.doubt <= other.doubt ? one : other);

/** As the language writes it. @param {number} value @param {number} places at most @param {number} [least] of them */
const rounded = (value, places, least = 0) =>
  value.toLocaleString(locale(), { maximumFractionDigits: places, minimumFractionDigits: least, useGrouping: false });

/** @param {number} value @param {number} [places] */
const secondsText = (value, places = 0) => interpolate(gettext("%(seconds)s s"), { seconds: rounded(value / 1000, places, places) });

/** @param {number | null} value milliseconds */
export function msText(value) {
  if (value === null) return "–";
  if (Math.abs(value) >= 9_950) return secondsText(value);
  if (Math.abs(value) >= 995) return secondsText(value, 1);
  return interpolate(gettext("%(value)s ms"), { value: rounded(value, value < 9.95 ? 1 : 0) });
}

/** @param {number} value */
export const bytesText = (value) =>
  value < 1000
    ? interpolate(ngettext("%(count)s byte", "%(count)s bytes", value), { count: value })
    : interpolate(gettext("%(value)s kB"), { value: rounded(value / 1000, 1, 1) });

/** @param {number} count */
export const eventsText = (count) => interpolate(ngettext("%(count)s event", "%(count)s events", count), { count });
