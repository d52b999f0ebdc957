/**
 * Types of <notification-bell> and <notification-inbox>, for pages that use them: this file alone is enough
 * (`/// <reference path="elements.d.ts" />`). What each of them means stands in docs/reference/notification-bell.md.
 */
declare namespace Inbox {
  type Level = "info" | "success" | "warning" | "critical";
  type Op = "seen" | "read" | "unread" | "archive" | "restore" | "snooze" | "save" | "unsave";

  /** A notification as far as a page that the server drew says what it is. */
  interface Drawn {
    id: string;
    revision: number;
    arrived_revision: number;
    arrived_at: string;
    title: string;
    seen_at: string | null;
    read_at: string | null;
    archived_at: string | null;
    snoozed_until: string | null;
    saved_at: string | null;
    /** What folds notifications together. */
    thread?: string | null;
  }

  interface Notification extends Drawn {
    body: string;
    body_truncated: boolean;
    level: Level;
    category: string;
    sender: string | null;
    sender_picture?: string | null;
    url: string | null;
    actions: { label: string; url: string }[];
    woken: boolean;
  }

  interface Counts {
    unread: number;
    unseen: number;
  }

  type ClientState = "connecting" | "live" | "waiting" | "offline" | "stopped";
  type SignOut = "signed_out" | "other_user";
  /** Why a client is stopped; the number is a close code's. */
  type StopReason = SignOut | `closed_${number}`;
  type TransportName = "ws" | "sse" | "poll";

  /** The `detail` of each event of an element of ours, whose names begin with `nb:`. */
  interface ElementEvents {
    ready: Counts;
    panel: { open: boolean };
    change: Counts & { revision: number; source: "stream" | "act" };
    state: { state: ClientState; transport: TransportName | ""; role: "leader" | "follower"; retryIn: number };
    notification: { notification: Notification };
    activate: { notification: Notification };
    signedout: { reason: SignOut };
    error: { code: number; message: string; op: Op | "mute" | "unmute"; ids: string[] | null };
  }

  /** What is known of a row beside its notification. `address`: where it leads; null: nowhere. */
  interface RowContext {
    address: string | null;
    /** By its label, if it has one. */
    category: string;
    /** As it is told: "5 min ago". */
    time: string;
    unread: boolean;
  }

  /** Draws what is inside a row, for each change of it. */
  type RenderItem = (notification: Notification, context: RowContext) => Node | string;

  /**
   * What is to be said for an English text (of several meanings: after its context and U+0004), or for the
   * singular of one with a number, by the plural categories of Unicode.
   */
  type Catalogue = Record<string, string | Partial<Record<Intl.LDMLPluralRule, string>>>;

  /** One id, or several. */
  type Ids = string | string[];

  /** What both elements have. */
  interface Shown extends HTMLElement {
    readonly items: Notification[];
    readonly state: ClientState;
    renderItem: RenderItem | null;
    words: Catalogue;
    markSeen(...ids: Ids[]): Promise<boolean>;
    markRead(...ids: Ids[]): Promise<boolean>;
    markUnread(...ids: Ids[]): Promise<boolean>;
    archive(...ids: Ids[]): Promise<boolean>;
    restore(...ids: Ids[]): Promise<boolean>;
    snooze(ids: Ids, until: Date | string): Promise<boolean>;
    markAllRead(): Promise<boolean>;
    undo(): Promise<boolean>;
    refresh(): Promise<boolean>;
    reconnect(): void;
  }

  interface BellElement extends Shown {
    readonly unreadCount: number;
    readonly unseenCount: number;
    open(): Promise<void>;
    close(): Promise<void>;
  }

  interface InboxElement extends Shown {}

  /** By their names, as listeners get them. */
  type EventMap = { [Name in keyof ElementEvents as `nb:${Name}`]: CustomEvent<ElementEvents[Name]> };
}

interface HTMLElementTagNameMap {
  "notification-bell": Inbox.BellElement;
  "notification-inbox": Inbox.InboxElement;
}

interface HTMLElementEventMap extends Inbox.EventMap {}
interface DocumentEventMap extends Inbox.EventMap {}
interface WindowEventMap extends Inbox.EventMap {}
