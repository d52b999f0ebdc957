/** Where channels are denied, as in a sandbox, a tab is on its own. */
const silence = { onmessage: null, postMessage() {}, close() {} };

/** @param {string} name */
export function channel(name) {
  try {
    return new BroadcastChannel(name);
  } catch {
    return /** @type {BroadcastChannel} */ (/** @type {unknown} */ ({ ...silence }));
  }
}

/** Whether other tabs can be heard. */
export function canHear() {
  const tried = channel("nb");
  tried.close();
  return tried instanceof BroadcastChannel;
}
