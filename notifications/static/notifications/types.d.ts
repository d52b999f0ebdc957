/**
 * Types that the modules share, beside those of elements.d.ts, for editors and `tsc`; no browser loads this file. They are global,
 * since Django would take an import in a comment for one to put a hash into.
 */
declare namespace Inbox {
  type Client = import("./inbox-client.js").InboxClient;
  type Chosen = ReturnType<typeof import("./chosen.js").chosenOf>;
  type Activation = import("./activation.js").Activation;
  type Acts = import("./acts.js").Acts;
  type Api = Pick<import("./api.js").InboxApi, "whyStop" | "page" | "one" | "act" | "delivered" | "chosen" | "choose" | "mute">;
  type Bell = import("./notification-bell-element.js").NotificationBellElement;
  type Element = import("./notification-element.js").NotificationElement<{ acts: ElementActs }>;
  type ElementActs = import("./element-acts.js").ElementActs;
  type InboxView = import("./inline-inbox.js").InboxView;
  type InlineInbox = import("./notification-inbox-element.js").NotificationInboxElement;
  type BellDetails = import("./bell-details.js").BellDetails;
  type Connection = import("./connection.js").Connection;
  type Fallback = import("./transports/fallback.js").Fallback;
  type Overlays = import("./overlays.js").Overlays;
  type Row = import("./inbox-row.js").InboxRow;
  type Place = typeof import("./list-place.js").place;
  type WholeRow = import("./inbox-row.js").InboxRow;
  type ListPages = import("./list-pages.js").ListPages;
  type Listing = Pick<import("./listing.js").Listing, "get">;
  type Reader = import("./inbox-reader.js").InboxReader;
  type Selection = import("./inbox-selection.js").InboxSelection;
  type Search = import("./inbox-search.js").InboxSearch;
  type UndoBar = import("./inbox-undo.js").UndoBar;
  type State = import("./inbox-state.js").InboxState;

  // --- The wire: what a client relies on; the rest it ignores ------------------------------------

  interface Cursor {
    epoch: string;
    since: number;
  }

  interface HelloFrame {
    type: "hello";
    connection?: string;
    user: string;
    server_time: string;
    epoch: string;
    revision: number;
    ping_interval_s: number;
  }

  /** Of a split one all parts but the last are `partial`, and have no counts. */
  type ChangesFrame = {
    type: "changes";
    since: number;
    revision: number;
    notifications: Notification[];
    removed: string[];
    /** Whether these changed too. */
    preferences?: true;
  } & ({ partial?: false; counts: Counts } | { partial: true; counts?: undefined });

  interface SnapshotFrame {
    type: "snapshot";
    epoch: string;
    revision: number;
    notifications: Notification[];
    more: boolean;
    counts: Counts;
  }

  interface SyncedFrame {
    type: "synced";
    revision: number;
  }

  interface PingFrame {
    type: "ping";
    revision: number;
  }

  interface PongFrame {
    type: "pong";
    revision: number;
  }

  interface ErrorFrame {
    type: "error";
    code: string;
    message: string;
  }

  interface ByeFrame {
    type: "bye";
    code: number;
    reason: string;
    reconnect: boolean;
    after_ms: number;
  }

  type StateFrame = ChangesFrame | SnapshotFrame;
  type Frame = HelloFrame | StateFrame | SyncedFrame | PingFrame | PongFrame | ErrorFrame | ByeFrame;

  /** A frame that may say anything, as far as it is looked at. */
  interface Unchecked {
    user?: unknown;
    epoch?: unknown;
    since?: unknown;
    revision?: unknown;
    notifications?: unknown;
    removed?: unknown;
    partial?: unknown;
    counts?: { unread?: unknown; unseen?: unknown } | null;
    ping_interval_s?: unknown;
    code?: unknown;
  }

  /** To the server, which a socket alone has. `since` null: I have nothing. */
  type ClientFrame =
    | { type: "resume"; epoch: string; since: number | null }
    | { type: "pong"; epoch: string; revision: number }
    | { type: "ping" };

  /** The answer to a long poll. */
  interface PollAnswer extends Session {
    frames: (StateFrame | SyncedFrame)[];
  }

  interface Session {
    user: string;
    epoch: string;
    revision: number;
    counts: Counts;
  }

  interface PageAnswer extends Session {
    notifications: Notification[];
    next_before: string | null;
    /** Where a page above was asked for. */
    next_after?: string | null;
  }

  interface PagesOptions {
    api: Pick<Api, "page">;
    listing: import("./listing.js").Listing;
    query(): Record<string, string>;
    epoch(): string | undefined;
    answered(answer: { isThere: boolean; accepted: Notification[]; isAbove: boolean; isTop: boolean }): void;
  }

  /** What an act is asked by. */
  type ActTarget = { undoes: string } | { notifications: string[] } | { all: true; epoch: string | null; upto: number };

  type ActBody = { op: Op; op_id: string; until?: string } & ActTarget;

  interface ActAnswer {
    revision: number;
    changed: number;
    counts: Counts;
  }

  /** What is thrown for an answer that is none; 0: there was no answer. */
  interface Refusal extends Error {
    status: number;
  }

  // --- Acts ---------------------------------------------------------------------------------------

  /** An act that the stream has not confirmed. `ids` null: all listed that arrived up to `upto`. */
  interface Overlay {
    op_id: string;
    op: Op;
    at: string;
    ids: string[] | null;
    upto: number;
    /** The answer's; null while there is none. */
    revision: number | null;
    /** The end of a snooze. */
    until?: string;
    /** The `op_id` of the act that this one takes back, as far as it did not change anything else since. */
    undoes?: string;
  }

  interface ActOptions {
    until?: string;
    undoes?: string;
    op_id?: string;
  }

  interface Act {
    overlay: Overlay;
    body: ActBody;
  }

  /** An act that waits for the network, in localStorage. `keptAt`: milliseconds since 1970; `order`: among those kept. */
  interface KeptAct extends Act {
    keptAt: number;
    order: number;
  }

  interface Failure {
    op: Op | "mute" | "unmute";
    /** Null: all. */
    ids: string[] | null;
    status: number;
  }

  /** An overlay was laid, confirmed or lifted, or an act is kept. */
  type ActMessage =
    | { kind: "lay"; overlay: Overlay }
    | { kind: "confirm"; op_id: string; revision: number }
    | { kind: "lift"; op_id: string; failure?: Failure }
    | { kind: "kept" };

  // --- What a client says -------------------------------------------------------------------------

  interface Change {
    notifications: Notification[];
    removed: string[];
  }

  /** The `detail` of each event of an InboxClient. */
  interface ClientEvents {
    /** What is shown may differ from now on. A snapshot says nothing of older ones. */
    change: Change & { isSnapshot: boolean };
    /** One to announce: new, unseen, listed. */
    notification: { notification: Notification };
    /** Those that came while we were away, to announce together. */
    summary: { notifications: Notification[] };
    state: { state: ClientState; reason: StopReason | null };
    signedout: { reason: SignOut };
    /** An act that failed, and was taken back. */
    error: Failure;
    /** For other tabs: a frame that was applied, or `synced`. */
    frame: StateFrame | SyncedFrame;
    /** For other tabs. */
    act: ActMessage;
  }

  /** An EventTarget of these events alone. */
  interface EventTargetOf<Events> {
    addEventListener<Name extends keyof Events & string>(
      type: Name,
      listener: (event: CustomEvent<Events[Name]>) => void,
      options?: AddEventListenerOptions,
    ): void;
    dispatchEvent(event: Event): boolean;
  }

  /** Gives elements their clients. */
  interface Clients {
    join(element: Element): Client;
    leave(element: Element): void;
  }

  // --- Connections --------------------------------------------------------------------------------

  /** Whatever a clock makes of one. */
  type Timer = unknown;

  interface Clock {
    /** Milliseconds since whenever, never going back. */
    now(): number;
    setTimeout(call: () => void, ms: number): Timer;
    clearTimeout(timer: Timer): void;
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
  interface HttpOptions {
    url: string;
    fetch: typeof fetch;
    clock: Clock;
    api: Pick<Api, "delivered">;
  }

  /** What a connection tells its client. */
  interface Owner {
    /** Whether to go on. */
    hello(frame: HelloFrame): boolean;
    changed(connection: Connection, frame: StateFrame): void;
    synced(connection: Connection): void;
    /** It goes on delivering until its successor is synced. */
    leaving(connection: Connection, bye: ByeFrame): void;
    ended(connection: Connection, code: number, bye?: ByeFrame): void;
  }

  interface ConnectionOptions {
    open: Open;
    state: State;
    owner: Owner;
    clock: Clock;
    random: () => number;
  }

  interface ApiOptions {
    /** With a slash at its end. */
    url: string;
    fetch: typeof fetch;
    csrfToken: () => string;
    clock: Clock;
    random: () => number;
  }

  /** As the page was drawn. */
  interface Page {
    user: string | null;
    epoch: string | null;
    revision: number;
    counts: Counts;
  }

  /** As much of WebSocket as is used. */
  type Socket = Pick<WebSocket, "onmessage" | "onclose" | "readyState" | "send" | "close">;

  /** What is loaded when it is first asked for. */
  interface Services {
    api: Api;
    acts: Acts;
    opener(transport: string): Promise<Open>;
    fallback: Fallback;
  }

  interface ClientOptions {
    url: string;
    open: Open;
    /** The choice between WebSocket, server-sent events and long poll. */
    transports: { transport: TransportName; works(): void; next(failed: TransportName): void };
    /** Rejects where they cannot be loaded. */
    services(): Promise<{ api: Pick<Api, "whyStop">; acts: Acts }>;
    clock: Clock;
    random: () => number;
    page: Page;
  }

  interface Quiet {
    /** On which it begins; Monday is 0. */
    days: number[];
    from: string;
    to: string;
    zone: string;
  }

  /** What a reader has chosen; what is not said is as it is for everybody. */
  interface Preferences {
    /** Null: until it is closed. */
    toast_s?: number | null;
    keys?: boolean;
    theme?: string;
    /** Of the pages; empty: as the browser says. */
    language?: string;
    quiet?: Quiet | null;
    /** `*`: all that are not named. */
    categories?: Record<string, { toast: boolean; desktop: boolean; sound: boolean; is_locked?: boolean }>;
  }

  interface Words {
    texts: Catalogue;
    language: string;
    rules: Intl.PluralRules;
  }

  /** What is used of localStorage. */
  interface Store {
    readonly length: number;
    key(at: number): string | null;
    getItem(key: string): string | null;
    setItem(key: string, value: string): void;
    removeItem(key: string): void;
  }

  interface ActsOptions {
    client: Client;
    api: Pick<Api, "act" | "one" | "page" | "chosen" | "choose" | "mute">;
    page: Page;
    /** Null where it is denied. */
    storage: Store | null;
    /** Milliseconds since 1970. */
    now?: () => number;
  }

  // --- Tabs ---------------------------------------------------------------------------------------

  /** What a tab that follows knows of the one that leads. */
  interface Leader {
    state: ClientState;
    transport: TransportName | "";
  }

  /** Where a tab that asks is. `isAnew`: it has nothing. */
  interface TabCursor {
    epoch: string;
    revision: number;
    isAnew: boolean;
  }

  /** Of the leader; without `tab` it is for all. */
  interface HereMessage extends Leader {
    type: "here";
    tab?: string;
    frames: Frame[];
  }

  /** What tabs say to each other. */
  type TabMessage =
    | { type: "act"; act: ActMessage }
    | { type: "frame"; frame: StateFrame | SyncedFrame; epoch: string }
    | { type: "who"; tab: string; cursor: TabCursor }
    | { type: "stopped"; reason: StopReason | null }
    | HereMessage;

  /** As far as of Web Locks is used. Rejects with an AbortError: aborted, or another tab took it. */
  interface Locks {
    request(
      name: string,
      options: { signal?: AbortSignal; steal?: boolean },
      hold: () => Promise<unknown>,
    ): Promise<unknown>;
  }

  interface TabOptions {
    /** To the server. */
    open: Open;
    /** Those of the browser, or on plain HTTP, other than localhost, ChannelLocks. */
    locks: Locks;
    channel(name: string): BroadcastChannel;
    /** What a leader says to a tab that asks. */
    catchUp(client: Client, cursor: TabCursor): Promise<Frame[]>;
    /** Names this tab. */
    tab: string;
    isVisible(): boolean;
  }

  interface LockOptions {
    channel(name: string): BroadcastChannel;
    clock: Clock;
    random: () => number;
  }

  /** What tabs say of a lock. The higher `term` is ahead, of two alike the lower `id`. */
  interface LockMessage {
    type: "who" | "claim" | "held" | "free";
    term: number;
    id: string;
  }

  interface ContenderOptions extends Omit<LockOptions, "channel"> {
    channel: BroadcastChannel;
    /** The highest term that was heard of. */
    seen: { term: number };
    hold: () => Promise<unknown>;
    resolve: (answer: unknown) => void;
    reject: (error: Error) => void;
  }

  // --- Transports ---------------------------------------------------------------------------------

  interface ChoiceOptions {
    /** The only transport that may be used, where one is asked for. */
    only(): TransportName | undefined;
    /** None where a token has to be fetched first. */
    webSocket: Open | false;
    services(): Promise<Pick<Services, "opener" | "fallback">>;
    /** May throw: storage may be denied. */
    storage(): Store;
    url: string;
  }

  interface FallbackOptions {
    opener(transport: string): Promise<Open>;
    key: string;
    storage: Store | null;
    clock: Clock;
    client: {
      state: ClientState;
      leader: Leader | null;
      inbox: { epoch: string; revision: number };
      reconnect(how: { gently: boolean }): void;
    };
    transports: { transport: TransportName };
    isVisible(): boolean;
  }

  interface ServiceOptions {
    csrfCookie: string;
    url: string;
    socketUrl: string;
    /** Of the page's own server; null: the session's cookie serves. */
    tokenUrl: string | null;
    page: Page;
    clock: Clock;
    random: () => number;
    client: Client;
    transports: { transport: TransportName };
  }

  /** `url`: of the page's own origin; a POST to it answers `{"token", "expires_in"}`, in seconds. */
  interface TokenOptions {
    url: string;
    fetch: typeof fetch;
    csrfToken: () => string;
    clock: Clock;
  }

  // --- What is seen -------------------------------------------------------------------------------

  /** More than one notification: a summary; none: `text` alone. */
  interface Toast {
    notifications: Notification[];
    text?: string;
    level: Level | "error";
    leftMs: number;
    /** How long it may wait to be shown. */
    waitMs: number;
    /** A summary that has grown has that of the one before. */
    key: object;
  }

  interface ToastOptions {
    clock: Clock;
    durationMs?: number;
    /** Where the focus goes when the last toast leaves with it. */
    refuge: HTMLElement;
    activation: Activation;
    /** Shows one, or all, where there is no page to go to. */
    unfold: (id?: string) => void;
  }

  /** Of a bell, for what it loads later. `signal`: it has left. */
  interface BellParts {
    button: HTMLButtonElement;
    /** A live region, as is the next. */
    status: HTMLElement;
    alert: HTMLElement;
    signal: AbortSignal;
  }

  interface PanelOptions {
    bell: Bell;
    button: HTMLButtonElement;
    activation: Activation;
    acts: ElementActs;
    signal: AbortSignal;
  }

  /** Where something that was done is offered to be taken back. */
  type Offers = Pick<UndoBar, "offer" | "hide">;

  interface RowOptions {
    client: Client;
    activation: Activation;
    acts: ElementActs;
    notification: Notification;
    /** A thread was unfolded, or folded again. */
    fold(thread: string | null | undefined, isOpen: boolean): void;
  }

  /** What the buttons and keys of a row do. */
  type RowOp = Exclude<Op, "seen">;

  type ListingName = "inbox" | "unread" | "snoozed" | "archived" | "saved";

  /** A row: a notification, and what is known of its thread's earlier ones. */
  interface Folded<One> {
    one: One;
    earlier: One[];
    /** Whether those have rows of their own, below it. */
    isOpen: boolean;
    /** The head of the row under which it stands, where it is one of those. */
    under: One | null;
  }

  /** Something of a notification that can be muted. */
  interface Mute {
    kind: "thread" | "sender" | "category";
    value: string;
    label: string;
    /** What is said once it is muted. */
    done: string;
  }

  /** What keys need of the inbox page. */
  interface KeyedPage {
    rows: Row[];
    current: Row | undefined;
    act(row: Row, op: RowOp): void;
    bar: UndoBar | undefined;
    search(): void;
    select(row: Row): void;
    extend(row: Row, from: Row): void;
    /** Shows the earlier ones of a row's thread, or folds them again. */
    unfold(row: Row): void;
  }

  /** What a selection needs of it. */
  interface SelectedPage {
    rows: Row[];
    rowOf(id: string): Row | undefined;
    known(id: string): Drawn | Notification | undefined;
    bar: UndoBar | undefined;
  }

  /** What a row of the inbox page is made of. */
  interface RowParts {
    /** Of all of one there is none, as of what its second line, its thread and its button need. */
    pick?: HTMLInputElement;
    line?: HTMLElement;
    more?: HTMLButtonElement;
    fold?: HTMLDetailsElement;
    avatar: HTMLElement;
    heading: HTMLElement;
    title: HTMLAnchorElement;
    state: HTMLElement;
    level: HTMLElement;
    about: HTMLElement;
    time: HTMLTimeElement;
    body: HTMLElement;
    links: HTMLElement;
    snoozed: HTMLElement;
    acts: HTMLElement;
    /** These are in the last, once it has anything in it. */
    open: HTMLAnchorElement;
    id: HTMLInputElement;
    toggle: HTMLButtonElement;
    wake: HTMLButtonElement;
    save: HTMLButtonElement;
    move: HTMLButtonElement;
    snooze: HTMLDetailsElement;
    mute: HTMLDetailsElement;
  }

  /** What a reader needs of it. */
  interface ReadPage extends KeyedPage {
    submit(row: Row, event: SubmitEvent): void;
    rowOf(id: string): Row | undefined;
    known(id: string): Drawn | Notification | undefined;
    /** All of one, to be shown beside the list. */
    wholeRow(node: HTMLElement): WholeRow;
    place: Place;
  }

  /** What the address that says where one is needs of it. */
  interface KeptPage {
    rows: Row[];
    isAtTop: boolean;
    known(id: string): Drawn | Notification | undefined;
    place: Place;
  }

  /** What a search needs of it. */
  interface SearchedPage {
    narrow(narrowed: Record<string, string>, before: string): void;
    place: Place;
  }
}

/** What Django's admin brings with it. */
interface Window {
  django: { jQuery: AdminQuery };
}

interface AdminQuery {
  (what: Element): { on(type: string, listener: () => void): void };
  /** Once the page is there. */
  (ready: () => void): void;
}
