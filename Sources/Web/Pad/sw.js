// Keeps the pad's own files, so that it opens and takes ink while the daemon is away.
const cacheName = 'ductus-pad-1';
const files = ['/', '/index.html', '/pad.css', '/pad.js', '/ink.js', '/session.js', '/save.js', '/ductus.js', '/icon.svg', '/pad.webmanifest', '/status.html', '/status.js', '/search.html', '/search.js'];

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(cacheName).then((cache) => cache.addAll(files)).then(() => self.skipWaiting()));
});
self.addEventListener('activate', (event) => {
  event.waitUntil(caches.keys().then((names) => Promise.all(names.filter((name) => name !== cacheName).map((name) => caches.delete(name))))
    .then(() => self.clients.claim()));
});
self.addEventListener('fetch', (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== 'GET' || origin !== self.location.origin || !files.includes(pathname)) return;
  // The newest where the daemon is there, what is kept where it is not.
  event.respondWith(fetch(event.request).then((response) => {
    if (response.ok) {
      const copy = response.clone();
      event.waitUntil(caches.open(cacheName).then((cache) => cache.put(event.request, copy)));
    }
    return response;
  }).catch(() => caches.match(event.request, { ignoreSearch: true })));
});
