/** A fetch whose responses are given by hand, a piece at a time. */
export function fakeFetch() {
  const requests = [];
  const fetch = (url, options = {}) =>
    new Promise((resolve, reject) => {
      const request = new Request(url, options, resolve, reject);
      requests.push(request);
      options.signal?.addEventListener("abort", () => request.abort());
    });
  return {
    fetch,
    requests,
    get last() {
      return requests.at(-1);
    },
  };
}

class Request {
  isAborted = false;
  #resolve;
  #reject;
  #stream;

  constructor(url, options, resolve, reject) {
    const { pathname, searchParams } = new URL(url);
    Object.assign(this, { pathname, query: Object.fromEntries(searchParams), ...options });
    this.#resolve = resolve;
    this.#reject = reject;
  }

  answer(status, body = {}, headers = {}) {
    this.#resolve(new Response(JSON.stringify(body), { status, headers }));
  }

  fail() {
    this.#reject(new TypeError("network"));
  }

  /** Begin a response that stays open. */
  begin(headers = { "Content-Type": "text/event-stream; charset=utf-8" }, status = 200) {
    const body = new ReadableStream({ start: (controller) => (this.#stream = controller) });
    this.#resolve(new Response(body, { status, headers }));
  }

  push(text) {
    this.pushBytes(new TextEncoder().encode(text));
  }

  pushBytes(bytes) {
    this.#stream.enqueue(bytes);
  }

  event(type, frame) {
    this.push(`event: ${type}\ndata: ${JSON.stringify({ type, ...frame })}\n\n`);
  }

  end() {
    this.#stream.close();
  }

  abort() {
    this.isAborted = true;
    const error = Object.assign(new Error("aborted"), { name: "AbortError" });
    this.#reject(error);
    try {
      this.#stream?.error(error);
    } catch {
      // It was over.
    }
  }
}

/** Lets streams, which take turns of their own, come to rest. */
export async function rest() {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
