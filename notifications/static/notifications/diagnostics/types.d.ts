/** What the modules of the diagnostics page say to each other. */
declare namespace Diagnostics {
  type Heartbeat = import("./facts.js").Heartbeat;
  type ConnectionPanel = import("./connection-panel.js").ConnectionPanel;

  type Direction = "in" | "out";

  /** A frame as it passed. `at`: by performance.now(). */
  interface Passed {
    direction: Direction;
    text: string;
    bytes: number;
    at: number;
  }

  /** One way of hearing of events. `arrivals`: of each event's id, when it came. */
  interface Lane {
    requests: number;
    empty: number;
    up: number;
    down: number;
    arrivals: Map<number, number>;
    /** When requests were made, for the time line. */
    asked: number[];
    /** Why it could not be had, or not to its end; empty: it could. */
    failure: string;
    /** Whether all of its bytes are known. */
    isExact: boolean;
  }

  interface Run {
    run: string;
    begins_in_ms: number;
    seconds: number;
  }

  interface PolledEvents {
    events: { id: number; at_ms: number }[];
    now_ms: number;
    is_over: boolean;
    request_bytes: number;
  }

  /** The server's clock against this page's: `server = page + offset`, to `doubt` milliseconds. */
  interface ClockGuess {
    offset: number;
    doubt: number;
  }

  /** A comparison, while it runs and afterwards. `beganAt`: by performance.now(). */
  interface Comparison {
    seconds: number;
    intervalMs: number;
    beganAt: number;
    isOver: boolean;
    /** When each happened, by the server's clock. */
    events: Map<number, number>;
    socket: Lane;
    polling: Lane;
    clock: ClockGuess | null;
  }

  /** What is made of it. Times in milliseconds; null: nothing is known. */
  interface EventTimes {
    id: number;
    happened: number | null;
    socket: number | null;
    polling: number | null;
    earlier: number | null;
  }

  interface LaneFigures {
    median: number | null;
    p95: number | null;
    requests: number;
    empty: number;
    up: number;
    down: number;
  }

  interface Figures {
    events: EventTimes[];
    socket: LaneFigures;
    polling: LaneFigures;
    earlierMedian: number | null;
    earlierP95: number | null;
  }

  interface ComparisonOptions {
    /** Of the API, and of the sockets, with a slash at its end. */
    url: string;
    socketUrl: string;
    fetch: typeof fetch;
    WebSocket: new (url: string) => WebSocket;
    csrfToken: () => string;
    clock: Inbox.Clock;
  }

  type Verdict = "ok" | "bad" | "unknown";

  /** `remedy`: what to do, where something is to be done. */
  interface Finding {
    verdict: Verdict;
    text: string;
    remedy?: string;
  }

  interface Head {
    line: string;
    headers: [string, string][];
    bytes: number;
  }

  interface Handshake {
    type: "handshake";
    connection: string;
    request: Head;
    response: Head;
    is_exact: boolean;
  }

  type DropKind = "cut" | "silence" | "refuse";

  interface Check {
    name: string;
    run(): Promise<Finding>;
  }

  /** What a report is made of. */
  interface ReportParts {
    now: Date;
    page: string;
    browser: string;
    facts: [string, string][];
    findings: [string, Finding][];
    comparison: string[];
    drops: string[];
    frames: string[];
    handshake: Handshake | null;
  }
}
