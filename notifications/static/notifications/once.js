/** Loads it when it is first asked for, and again after it failed. @template T @param {() => Promise<T>} load */
export function once(load) {
  /** @type {Promise<T> | null} */
  let loading = null;
  return () => {
    const asked = (loading ??= load());
    asked.catch(() => (loading = null));
    return asked;
  };
}
