/** WebSocket, unless it is blocked here or another one is asked for. */
export class TransportChoice {
  /** @type {Inbox.TransportName} */
  transport = "ws";
  #options;

  /** @param {Inbox.ChoiceOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /** @type {Inbox.Open} */
  open(cursor, events) {
    const { only, webSocket, services } = this.#options;
    const transport = (this.transport = only() ?? this.#remembered() ?? this.transport);
    if (transport === "ws" && webSocket) return webSocket(cursor, events);
    return lazily(async () => (await services()).opener(transport), cursor, events);
  }

  works() {
    if (this.transport !== "ws") this.#fallback((fallback) => fallback.works(this.transport));
  }

  /** @param {Inbox.TransportName} failed */
  next(failed) {
    this.#fallback((fallback) => failed === this.transport && (this.transport = fallback.next(failed)));
  }

  /** @param {(fallback: Inbox.Fallback) => void} call */
  #fallback(call) {
    const { only, services } = this.#options;
    if (!only()) services().then(({ fallback }) => call(fallback), () => {});
  }

  /** By this tab or another. @returns {Inbox.TransportName | null} */
  #remembered() {
    try {
      const { transport, until } = JSON.parse(this.#options.storage().getItem(`nb:transport:${this.#options.url}`) ?? "");
      return until > Date.now() ? transport : null;
    } catch {
      return null;
    }
  }
}

/**
 * @param {() => Promise<Inbox.Open>} load
 * @param {Inbox.Cursor | null} cursor
 * @param {Inbox.TransportEvents} events
 * @returns {Inbox.Transport}
 */
function lazily(load, cursor, events) {
  /** @type {Inbox.Transport | undefined} */
  let transport;
  let isClosed = false;
  load().then(
    (open) => {
      if (!isClosed) transport = open(cursor, events);
    },
    () => isClosed || events.close(1006),
  );
  return {
    send: (text) => transport?.send(text),
    close() {
      isClosed = true;
      transport?.close();
    },
  };
}
