// What the browser tells by itself: how long a page was looked at, and what was clicked. The shop works without it.
//
// Promises: never what somebody typed; nothing at all under Global Privacy Control or when the visitor allows only what is
// necessary (what was kept is dropped then); events are numbered in each tab, sent in
// batches, kept (at most 200) while the shop is out of reach and sent later; what the shop refuses is dropped.
// Durations come from the monotonic clock, so a corrected wall clock doesn't bend them.
(() => {
  "use strict";
  const FLUSH_EVERY = 4000; // ms
  const FLUSH_AT = 20; // events
  const MOST_IN_BATCH = 50; // the shop takes 100 events and 64 KiB; browsers keep 64 KiB in flight
  const MOST_BYTES = 50000;
  const MOST_KEPT = 200;
  const IDLE_AFTER = 30000; // ms without a sign of life: no longer active
  const END_AFTER = 300000; // ms without a sign of life: the stay is over
  const KEPT = "de-shop.events";
  if (navigator.globalPrivacyControl || document.documentElement.dataset.consent === "necessary") {
    try { window.localStorage.removeItem(KEPT); } catch { /* storage is off: nothing was kept */ }
    return;
  }
  const KINDS = { dwell: "/api/log/dwell-time", click: "/api/log/click-event" };

  // ---- The tab: a name and a count that survive from page to page.
  const store = (area, key, value) => {
    try {
      if (value === undefined) return area.getItem(key);
      area.setItem(key, value);
    } catch { /* storage is off or full: the page goes on without */ }
    return null;
  };
  const session = (() => { try { return window.sessionStorage; } catch { return null; } })();
  const local = (() => { try { return window.localStorage; } catch { return null; } })();
  const newId = () => [...crypto.getRandomValues(new Uint8Array(8))].map((b) => b.toString(16).padStart(2, "0")).join("");
  // A duplicated tab copies the session storage; a page that was neither reloaded nor reached within the tab gets a new name.
  const kind = performance.getEntriesByType("navigation")[0]?.type;
  const fresh = kind === "navigate" && window.history.length <= 1;
  let tabId = (!fresh && session && store(session, "de-shop.tab")) || newId();
  let sequence = Number((!fresh && session && store(session, "de-shop.sequence")) || 0);
  if (session) store(session, "de-shop.tab", tabId);
  const tab = () => {
    sequence += 1;
    if (session) store(session, "de-shop.sequence", String(sequence));
    return { id: tabId, sequence };
  };

  // ---- The queue: what waits to be sent.
  let queue = [];
  let sending = false;
  let reachable = true;

  const load = () => {
    if (!local) return [];
    try {
      const kept = JSON.parse(store(local, KEPT) || "[]");
      return Array.isArray(kept) ? kept : [];
    } catch { return []; }
  };
  const keep = (events) => { if (local) store(local, KEPT, JSON.stringify(events.slice(-MOST_KEPT))); };
  const takeKept = () => {
    const kept = load();
    if (kept.length) { keep([]); queue = kept.concat(queue); }
  };

  const add = (kind, event) => {
    queue.push({ kind, event: { ...event, tab: tab() } });
    if (queue.length > MOST_KEPT) queue = queue.slice(-MOST_KEPT);
    if (queue.length >= FLUSH_AT) flush();
  };

  // The next batch of one kind, and what is left.
  const batch = () => {
    const kind = queue[0].kind;
    const taken = [];
    const rest = [];
    let size = 0;
    for (const item of queue) {
      const length = new Blob([JSON.stringify(item.event)]).size + 40;
      if (item.kind === kind && taken.length < MOST_IN_BATCH && size + length < MOST_BYTES) { taken.push(item); size += length; }
      else if (taken.length || length < MOST_BYTES) rest.push(item);
    }
    return { kind, taken, rest };
  };
  const body = (taken) => {
    const sent_at = new Date().toISOString();
    return JSON.stringify(taken.map((item) => ({ ...item.event, sent_at })));
  };

  const flush = async () => {
    if (sending) return;
    sending = true;
    try {
      while (queue.length) {
        const { kind, taken, rest } = batch();
        queue = rest;
        if (!taken.length) continue;
        let answer = null;
        try {
          answer = await fetch(KINDS[kind], {
            method: "POST", headers: { "content-type": "application/json" }, body: body(taken), keepalive: true, credentials: "same-origin",
          });
        } catch { /* offline */ }
        reachable = answer !== null && answer.status < 500 && answer.status !== 429;
        if (!reachable) {
          queue = taken.concat(queue);
          return;
        }
      }
    } finally { sending = false; }
  };

  // On leaving: the beacon outlives the page; what it can't take waits in the local storage.
  const leave = () => {
    while (queue.length) {
      const { kind, taken, rest } = batch();
      if (!taken.length) { queue = rest; continue; }
      const gone = reachable && navigator.onLine !== false &&
        navigator.sendBeacon(KINDS[kind], new Blob([body(taken)], { type: "text/plain" }));
      if (!gone) { keep(load().concat(queue)); queue = []; return; }
      queue = rest;
    }
  };

  // ---- The stay on this page.
  const now = () => performance.now();
  let stay = null;
  let lastSign = now();
  let nextPage = null;

  const depth = () => {
    const whole = document.documentElement.scrollHeight;
    return whole > 0 ? Math.min(100, ((window.scrollY + window.innerHeight) / whole) * 100) : 100;
  };
  const visible = () => document.visibilityState === "visible";
  const active = (at) => visible() && document.hasFocus() && at - lastSign < IDLE_AFTER;

  const begin = () => {
    const at = now();
    stay = { entered_at: new Date().toISOString(), start: at, last: at, active: 0, visible: 0, depth: depth(), wasActive: active(at), wasVisible: visible() };
  };
  // Adds the time since the last look to what was true then.
  const look = () => {
    if (!stay) return;
    const at = now();
    if (stay.wasVisible) stay.visible += at - stay.last;
    if (stay.wasActive) stay.active += Math.max(0, Math.min(at, lastSign + IDLE_AFTER) - stay.last);
    stay.last = at;
    stay.wasVisible = visible();
    stay.wasActive = active(at);
    if (stay.wasVisible) stay.depth = Math.max(stay.depth, depth());
  };
  const end = (end_reason) => {
    look();
    if (!stay) return;
    const total = stay.last - stay.start;
    const round = (ms) => Math.round(Math.min(ms, total));
    add("dwell", {
      page: location.pathname,
      entered_at: stay.entered_at,
      left_at: new Date().toISOString(),
      active_ms: round(stay.active),
      visible_ms: round(stay.visible),
      total_ms: Math.round(total),
      scroll_depth_percent: Math.round(stay.depth * 100) / 100,
      end_reason,
      next_page: end_reason === "navigated" ? nextPage : null,
    });
    stay = null;
  };
  const sign = () => {
    look();
    lastSign = now();
    if (!stay && visible()) begin();
    if (stay) stay.wasActive = active(lastSign);
  };

  for (const event of ["pointerdown", "pointermove", "keydown", "scroll", "touchstart", "focus"])
    window.addEventListener(event, sign, { passive: true, capture: true });
  window.addEventListener("blur", look);
  document.addEventListener("visibilitychange", () => {
    if (visible()) { sign(); return; }
    end(nextPage ? "navigated" : "hidden");
    leave();
  });
  document.addEventListener("freeze", () => { end("frozen"); leave(); });
  window.addEventListener("pagehide", () => {
    end(nextPage ? "navigated" : "left");
    leave();
  });
  window.addEventListener("pageshow", (event) => { if (event.persisted) { nextPage = null; sign(); } });
  window.addEventListener("online", () => { takeKept(); flush(); });
  document.addEventListener("submit", (event) => {
    const target = new URL(event.target.action, location.href);
    if (target.origin === location.origin) nextPage = target.pathname.slice(0, 500);
  });

  // ---- Clicks.
  const percent = (part, whole) => (whole > 0 ? Math.round(Math.max(0, Math.min(100, (part / whole) * 100)) * 100) / 100 : 0);
  const name = (element) => {
    const id = element.id ? "#" + element.id : "";
    const kind = element.classList.length ? "." + [...element.classList].join(".") : "";
    return (element.tagName.toLowerCase() + id + kind).slice(0, 200);
  };
  const text = (element) => {
    // A name or an address on the page is nobody's business, nor what surrounds it.
    if (element.closest("[data-private]") || element.querySelector("[data-private]")) return "";
    const typed = element.matches("input, textarea, select, [contenteditable]");
    const said = element.getAttribute("aria-label") || (typed ? "" : element.innerText ?? element.textContent) || "";
    return [...said.replace(/\s+/g, " ").trim()].slice(0, 80).join("");
  };
  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    const element = event.target.closest("a, button, input, select, textarea, label, summary, [role=button], [data-cart-action]") || event.target;
    const link = element.closest("a[href]");
    const about = element.closest("[data-product-id]");
    const page = document.documentElement;
    const product = about ? Number(about.dataset.productId) : NaN;
    const address = link ? new URL(link.href, location.href) : null;
    const inside = address && address.origin === location.origin;
    add("click", {
      at: new Date().toISOString(),
      page: location.pathname,
      element: name(element),
      text: text(element),
      x_percent: percent(event.clientX, window.innerWidth),
      y_percent: percent(event.clientY, window.innerHeight),
      page_x_percent: percent(event.pageX, page.scrollWidth),
      page_y_percent: percent(event.pageY, page.scrollHeight),
      cart_action: element.closest("[data-cart-action]")?.dataset.cartAction ?? null,
      product_id: Number.isSafeInteger(product) ? product : null,
      href: address ? (inside ? address.pathname + address.search : address.origin + address.pathname).slice(0, 500) : null,
    });
    if (inside && !event.defaultPrevented && event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && link.target !== "_blank")
      nextPage = address.pathname.slice(0, 500);
  }, { capture: true });

  takeKept();
  if (visible()) begin();
  setInterval(look, 1000); // so that what changed without an event is off by a second at most
  setInterval(() => {
    if (stay && now() - lastSign > END_AFTER) end("idle");
    if (queue.length) flush();
  }, FLUSH_EVERY);
})();
