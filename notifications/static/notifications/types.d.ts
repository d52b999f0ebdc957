/**
 * Types that the modules share, for editors and `tsc --checkJs`; no browser loads this file. They are
 * global, since Django would take an import in a comment for one to put a hash into.
 */
declare namespace Inbox {
  type Client = import("./inbox-client.js").InboxClient;
  type Activation = import("./activation.js").Activation;
  type State = import("./inbox-state.js").InboxState;

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
    op_id: string;
    op: "seen" | "read" | "unread" | "archive" | "restore";
    at: string;
    ids: string[] | null;
    upto: number;
    /** The answer's; null while there is none. */
    revision: number | null;
  }

  /** An act that waits for the network, in localStorage. `keptAt`: milliseconds since 1970; `order`: among those kept. */
  interface KeptAct {
    overlay: Overlay;
    body: { op_id: string; [field: string]: unknown };
    keptAt?: number;
    order?: number;
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
    /** It may take any time to say `hello`: another tab is asked, and not the network. */
    isPatient?: boolean;
  }

  /** What a transport tells, and may ask: where its client is by now. */
  interface TransportEvents {
    message(text: unknown): void;
    close(code: number): void;
    cursor(): Cursor | null;
  }

  /** Opens a transport. The cursor, if any, goes into the URL. */
  type Open = (cursor: Cursor | null, events: TransportEvents) => Transport;

  /** What transports over HTTP need. `url`: of the API, with a slash at its end. */
  interface Services {
    url: string;
    fetch: typeof fetch;
    clock: Clock;
    api: Api;
  }

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
    /** Why a page must not go on; null: it may. Learns whose it is, where the page does not say. */
    whyStop(page: { user: string | null }): Promise<"signed_out" | "other_user" | null>;
    /** A page of a listing. */
    page(query: Record<string, any>): Promise<any>;
    /** Rejects with the `status` of a refusal. */
    act(body: object): Promise<{ revision: number }>;
    /** A receipt, where the transport has no way up. */
    delivered(epoch: string, upto: number): Promise<void>;
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
    state: State;
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
    /** For other tabs: a frame that was applied, or `synced`. */
    frame: any;
    /** For other tabs: an overlay was laid, confirmed or lifted, or an act is kept. */
    act: ActMessage;
  }

  interface ActMessage {
    kind: "lay" | "confirm" | "lift" | "kept";
    overlay?: Overlay;
    op_id?: string;
    revision?: number;
    failure?: { op: string; ids: string[] | null; status: number };
  }

  /** As the page was drawn. */
  interface Page {
    user: string | null;
    epoch: string | null;
    revision: number;
    counts: Counts;
  }

  interface ClientOptions {
    url: string;
    open: Open;
    /** The choice between WebSocket, server-sent events and long poll. */
    transports: { transport: string; works(): void; next(failed: string): void };
    /** What is loaded when it is first asked for; rejects where that fails. */
    services(): Promise<{ api: Api; acts: any }>;
    clock: Clock;
    random: () => number;
    page: Page;
  }

  interface ActsOptions {
    client: Client;
    api: Api;
    page: Page;
    /** Null where it is denied. */
    storage: Storage | null;
    /** Milliseconds since 1970. */
    now?: () => number;
  }

  interface TabOptions {
    /** To the server. */
    open: Open;
    /** Those of the browser, or on plain HTTP, other than localhost, ChannelLocks. */
    locks: Pick<LockManager, "request">;
    channel(name: string): BroadcastChannel;
    /** What a leader says to a tab that asks. */
    catchUp(client: Client, cursor: { epoch: string; revision: number; isAnew: boolean }): Promise<object[]>;
    /** Names this tab. */
    tab: string;
    isVisible(): boolean;
  }

  interface LockOptions {
    channel(name: string): BroadcastChannel;
    clock: Clock;
    random: () => number;
  }

  interface ChoiceOptions {
    /** The only transport that may be used, where one was asked for. */
    only?: string;
    /** None where a token has to be fetched first. */
    webSocket: Open | false;
    services(): Promise<{ opener(transport: string): Promise<Open>; fallback: any }>;
    /** May throw: storage may be denied. */
    storage(): Storage;
    url: string;
  }

  interface FallbackOptions {
    opener(transport: string): Promise<Open>;
    key: string;
    storage: Storage | null;
    clock: Clock;
    client: Client;
    transports: { transport: string };
    isVisible(): boolean;
  }

  interface ServiceOptions {
    url: string;
    socketUrl: string;
    /** Of the page's own server; null: the session's cookie serves. */
    tokenUrl: string | null;
    page: Page;
    clock: Clock;
    random: () => number;
    client: Client;
    transports: { transport: string };
  }

  /** More than one notification: a summary; none: `text` alone. */
  interface Toast {
    notifications: Notification[];
    text?: string;
    level: string;
    leftMs: number;
  }
}
