/** The page for where the site cannot be reached: it is left once that can be. */

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

let wait = FIRST_WAIT_MS;
/** @type {number | undefined} */
let timer;

/** Whether the site itself answers: what a proxy says in its place, and a site that starts, are 5xx. */
async function answers() {
  try {
    return (await fetch(location.href, { method: "HEAD", cache: "no-store" })).status < 500;
  } catch {
    return false;
  }
}

async function look() {
  if (await answers()) return location.reload();
  lookLater();
}

function lookLater() {
  // Of two looks at once, as when the event comes amid one, one goes on.
  clearTimeout(timer);
  // Half of it by chance: all who were cut off at the same moment would come back at the same.
  timer = setTimeout(look, wait * (0.5 + Math.random() / 2));
  wait = Math.min(2 * wait, LONGEST_WAIT_MS);
}

addEventListener("online", look);
// The network may be there all the time while the site is not, or be back before this is here to
// listen: then no event tells.
lookLater();
