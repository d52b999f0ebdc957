/** What tells of a notification beyond the page: the desktop, and a sound. Loaded when it is first needed. */

const TONES_HZ = [660, 880];
const TONE_S = 0.12;

/** Only where it was granted, which the page of preferences asks for. @param {Inbox.Notification} notification @param {() => void} open */
export function showOnDesktop({ id, title, body }, open) {
  if (!("Notification" in window) || Notification.permission !== "granted") return;
  try {
    // Of one tag there is one, whichever tab shows it.
    const shown = new Notification(title, { body, tag: `nb-${id}` });
    shown.addEventListener("click", () => {
      window.focus();
      shown.close();
      open();
    });
  } catch {
    // Some browsers of phones let only service workers show them.
  }
}

/** Two short tones; a page that nobody has touched yet may make none, and would keep what it tried to. */
export async function playTones() {
  if (navigator.userActivation?.hasBeenActive === false) return;
  const context = new AudioContext();
  await context.resume();
  const volume = new GainNode(context, { gain: 0.1 });
  volume.connect(context.destination);
  TONES_HZ.forEach((frequency, at) => {
    const tone = new OscillatorNode(context, { frequency });
    tone.connect(volume);
    tone.start(context.currentTime + at * TONE_S);
    tone.stop(context.currentTime + (at + 1) * TONE_S);
    if (at === TONES_HZ.length - 1) tone.onended = () => void context.close();
  });
}
