/**
 * Types that the modules share, for editors and `tsc --checkJs`; no browser loads this file. They are
 * global, since Django would take an import in a comment for one to put a hash into.
 */
declare namespace Inbox {
  type Client = import("./inbox-client.js").InboxClient;

  interface Notification {
    id: string;
    revision: number;
    arrived_revision: number;
    arrived_at: string;
    title: string;
    body: string;
    body_truncated: boolean;
    level: string;
    category: string;
    sender: string | null;
    url: string | null;
    actions: { label: string; url: string }[];
    seen_at: string | null;
    read_at: string | null;
    archived_at: string | null;
    snoozed_until: string | null;
  }

  interface Counts {
    unread: number;
    unseen: number;
  }

  interface Cursor {
    epoch: string;
    since: number;
  }

  /** An act that the stream has not confirmed. `ids` null: all listed that arrived up to `upto`. */
  interface Overlay {
    op: "seen" | "read" | "unread" | "archive" | "restore";
    at: string;
    ids: Set<string> | null;
    upto: number;
    /** The answer's; null while there is none. */
    revision: number | null;
  }

  interface Clock {
    /** Milliseconds since whenever, never going back. */
    now(): number;
    setTimeout(call: () => void, ms: number): any;
    clearTimeout(timer: any): void;
  }

  interface Transport {
    send(text: string): void;
    close(code?: number): void;
  }

  /** Opens a transport. The cursor, if any, goes into the URL. */
  type Open = (
    cursor: Cursor | null,
    events: { message(text: unknown): void; close(code: number): void },
  ) => Transport;

  /** What a connection tells its client. */
  interface Owner<Connection = any> {
    /** Whether to go on. */
    hello(frame: any): boolean;
    changed(connection: Connection, frame: any): void;
    synced(connection: Connection): void;
    /** It goes on delivering until its successor is synced. */
    leaving(connection: Connection, bye: any): void;
    ended(connection: Connection, code: number, bye?: any): void;
  }

  type ClientState = "connecting" | "live" | "waiting" | "offline" | "stopped";

  interface Api {
    /** Who is signed in; null: nobody. Rejects where that cannot be told. */
    session(): Promise<{ user: string } | null>;
    /** A page of a listing. */
    page(query: Record<string, any>): Promise<any>;
    /** Rejects with the `status` of a refusal. */
    act(body: object): Promise<{ revision: number }>;
  }

  interface ApiOptions {
    /** With a slash at its end. */
    url: string;
    fetch: typeof fetch;
    csrfToken: () => string;
    clock: Clock;
    random: () => number;
  }

  interface ConnectionOptions {
    open: Open;
    state: import("./inbox-state.js").InboxState;
    owner: Owner;
    clock: Clock;
    random: () => number;
  }

  /** The `detail` of each event of an InboxClient. */
  interface InboxClientEvents {
    /** What is shown may differ from now on. A snapshot says nothing of older ones. */
    change: { notifications: Notification[]; removed: string[]; isSnapshot: boolean };
    /** One to announce: new, unseen, listed. */
    notification: { notification: Notification };
    /** Those that came while we were away, to announce together. */
    summary: { notifications: Notification[] };
    state: { state: ClientState; reason: string | null };
    signedout: { reason: "signed_out" | "other_user" };
    /** An act that failed, and was taken back. `ids` null: all. */
    error: { op: string; ids: string[] | null; status?: number };
  }

  interface ClientOptions {
    open: Open;
    api: Api;
    clock: Clock;
    random: () => number;
    /** As the page was drawn. */
    page: { user: string | null; epoch: string | null; revision: number; counts: Counts };
  }

  /** More than one notification: a summary; none: `text` alone. */
  interface Toast {
    notifications: Notification[];
    text?: string;
    level: string;
    leftMs: number;
  }
}
