/* Keeps one page, for where the site cannot be reached. NAME and KEPT are put before it: config/offline.py. */
addEventListener("install", (event) => event.waitUntil(keep()));
addEventListener("activate", (event) => event.waitUntil(forgetOthers()));
addEventListener("fetch", (event) => {
  const { request } = event;
  // What was typed into a form is not lost to a page: the browser's own offers to send it again.
  if (request.method !== "GET") return;
  if (request.mode === "navigate") event.respondWith(fetch(request).catch(offline));
  else if (KEPT.parts.some((part) => new URL(part, location.href).href === request.url)) event.respondWith(kept(request));
});

async function keep() {
  const cache = await caches.open(NAME);
  await cache.addAll([KEPT.page, ...KEPT.parts].map((url) => new Request(url, { cache: "reload" })));
  await skipWaiting();
}

async function forgetOthers() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith("offline-") && name !== NAME).map((name) => caches.delete(name)));
}

const offline = async () => (await caches.match(KEPT.page)) ?? Response.error();

/** What is there anew, else what was kept. @param {Request} request */
const kept = (request) => fetch(request).catch(async () => (await caches.match(request)) ?? Response.error());
