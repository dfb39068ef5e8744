// What the browser tells by itself: how long a page was looked at, what was seen and clicked on it, how fast it was, which form
// was given up, and what failed in a script. The shop works without it.
//
// Promises: never what somebody typed; nothing at all under Global Privacy Control or when the visitor allows only what is
// necessary (what was kept is dropped then); events are numbered in each tab and sent in
// batches, at most one in 10 seconds and what is left on leaving; kept (at most 200) while the shop is out of reach and sent
// later, and for the tab's next page where the browser took one away without a word; what the shop refuses is dropped. Durations come from the monotonic clock, so a corrected wall clock doesn't bend them.
(() => {
  "use strict";
  const FLUSH_EVERY = 10000; // ms
  const MOST_IN_BATCH = 50; // the shop takes 100 events and 64 KiB; browsers keep 64 KiB in flight
  const MOST_BYTES = 50000;
  const MOST_KEPT = 200;
  const IDLE_AFTER = 30000; // ms without a sign of life: no longer active
  const END_AFTER = 300000; // ms without a sign of life: the stay is over
  const LONGEST_STEP = 5000; // ms from one look to the next, a second later: the machine slept for what is more
  const KEPT = "de-shop.events";
  const WAITING = "de-shop.waiting";
  const ADDRESS = "/api/log/events";
  const page = document.documentElement;
  if (navigator.globalPrivacyControl || page.dataset.consent === "necessary") {
    // Where storage is off, nothing was kept.
    try { window.localStorage.removeItem(KEPT); window.sessionStorage.removeItem(WAITING); } catch {}
    return;
  }

  // ---- The page: its view's event id and its name, so that all that happens here can be joined to it.
  const { view: page_view_id, endpoint: page_endpoint } = page.dataset;
  const here = () => ({ at: new Date().toISOString(), page: location.pathname });

  // ---- The tab: a name and a count that survive from page to page.
  const store = (area, key, value) => {
    try {
      if (value === undefined) return area.getItem(key);
      area.setItem(key, value);
      // Where storage is off (null) or full, the page goes on without.
    } catch {}
    return null;
  };
  const session = (() => { try { return window.sessionStorage; } catch { return null; } })();
  const local = (() => { try { return window.localStorage; } catch { return null; } })();
  const newId = () => crypto.getRandomValues(new BigUint64Array(1))[0].toString(16).padStart(16, "0");
  // A duplicated tab copies the session storage; a page that was neither reloaded nor reached within the tab gets a new name.
  const [load] = performance.getEntriesByType("navigation");
  const fresh = load?.type === "navigate" && window.history.length <= 1;
  let tabId = (!fresh && store(session, "de-shop.tab")) || newId();
  let sequence = Number((!fresh && store(session, "de-shop.sequence")) || 0);
  store(session, "de-shop.tab", tabId);
  const tab = () => {
    sequence += 1;
    store(session, "de-shop.sequence", String(sequence));
    return { id: tabId, sequence };
  };

  // ---- The queue: what waits to be sent.
  let queue = [];
  let flying = []; // what was sent and is not answered
  let reachable = true;

  const loaded = (area, key) => {
    try {
      const kept = JSON.parse(store(area, key) || "[]");
      // What an older script kept has its event one level deeper.
      return Array.isArray(kept) ? kept.map(({ event, ...rest }) => ({ ...rest, ...event })) : [];
    } catch { return []; }
  };
  const keep = (events) => store(local, KEPT, JSON.stringify(loaded(local, KEPT).concat(events).slice(-MOST_KEPT)));
  const takeKept = () => {
    const kept = loaded(local, KEPT);
    if (kept.length) { store(local, KEPT, "[]"); queue = kept.concat(queue); }
  };
  // A browser that is busy or short of memory takes a page away without "pagehide": what waits is with the tab until it is answered.
  // What was told all the same is told again, and the shop knows it by its number and moment.
  const hold = () => store(session, WAITING, JSON.stringify(flying.concat(queue)));

  // Gives the event as it waits, so that what turns out within the next second can still be noted on it.
  const add = (kind, event) => {
    const waiting = { kind, page_view_id, page_endpoint, ...event, tab: tab() };
    queue.push(waiting);
    if (queue.length > MOST_KEPT) queue = queue.slice(-MOST_KEPT);
    hold();
    return waiting;
  };

  // The next batch, and what is left.
  const batch = () => {
    const taken = [];
    let size = 0;
    let at = 0;
    for (; at < queue.length && taken.length < MOST_IN_BATCH; at += 1) {
      const length = new Blob([JSON.stringify(queue[at])]).size + 40;
      if (length >= MOST_BYTES) continue; // never fits
      if (size + length >= MOST_BYTES) break;
      taken.push(queue[at]);
      size += length;
    }
    return { taken, rest: queue.slice(at) };
  };
  const body = (taken) => {
    const sent_at = new Date().toISOString();
    return JSON.stringify(taken.map((event) => ({ ...event, sent_at })));
  };

  const flush = async () => {
    if (flying.length) return;
    const { taken, rest } = batch();
    queue = rest;
    if (!taken.length) return;
    flying = taken;
    let answer = null;
    try {
      const headers = { "content-type": "application/json" };
      answer = await fetch(ADDRESS, { method: "POST", headers, body: body(taken), keepalive: true, credentials: "same-origin" });
      // Offline: it is sent later.
    } catch {}
    flying = [];
    reachable = answer !== null && answer.status < 500 && answer.status !== 429;
    if (!reachable) queue = taken.concat(queue).slice(-MOST_KEPT);
    hold();
  };

  // On leaving: the beacon outlives the page; what it can't take, and what may still fail unseen, waits in the local storage.
  const leave = () => {
    keep(flying);
    while (queue.length) {
      const { taken, rest } = batch();
      const gone = reachable && navigator.onLine !== false &&
        (!taken.length || navigator.sendBeacon(ADDRESS, new Blob([body(taken)], { type: "text/plain" })));
      if (!gone) keep(queue);
      queue = gone ? rest : [];
    }
    store(session, WAITING, "[]");
  };

  // ---- The stay on this page.
  const now = () => performance.now();
  let stay = null;
  let lastSign = now();
  let nextPage = null;

  const depth = () => {
    const whole = page.scrollHeight;
    return whole > 0 ? Math.min(100, ((window.scrollY + window.innerHeight) / whole) * 100) : 100;
  };
  const visible = () => document.visibilityState === "visible";
  const active = (at) => visible() && document.hasFocus() && at - lastSign < IDLE_AFTER;

  const begin = () => {
    const at = now();
    stay = { entered_at: new Date().toISOString(), start: at, last: at, active: 0, visible: 0, depth: 0, wasActive: active(at), wasVisible: visible() };
    // How deep it shows is asked behind the first picture: before it, the answer would cost a layout of its own.
    requestAnimationFrame(() => setTimeout(look));
  };
  // Adds the time since the last look to what was true then.
  const look = () => {
    if (!stay) return;
    const at = now();
    if (stay.wasVisible) stay.visible += Math.min(at - stay.last, LONGEST_STEP);
    if (stay.wasActive) stay.active += Math.max(0, Math.min(at, lastSign + IDLE_AFTER) - stay.last);
    stay.last = at;
    stay.wasVisible = visible();
    stay.wasActive = active(at);
    if (stay.wasVisible) stay.depth = Math.max(stay.depth, depth());
  };
  const end = (end_reason) => {
    look();
    if (!stay) return;
    const total = stay.last - stay.start, round = (ms) => Math.round(Math.min(ms, total));
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
  const sign = (event) => {
    // Measuring the page is work: a moving pointer says no more than four times a second.
    if (event && stay && stay.wasActive && now() - lastSign < 250) return;
    look();
    lastSign = now();
    if (!stay && visible()) begin();
    if (stay) stay.wasActive = active(lastSign);
  };

  for (const event of ["pointerdown", "pointermove", "keydown", "scroll", "touchstart", "focus"]) window.addEventListener(event, sign, { passive: true, capture: true });
  window.addEventListener("blur", look);
  // What is told when somebody leaves, however that shows.
  const leaves = (reason) => {
    // A page that only goes out of sight has not been left, wherever the last link led: it may have been a download.
    end(nextPage && reason !== "hidden" ? "navigated" : reason);
    if (reason !== "hidden") giveUpForm(); // whoever looks something up elsewhere comes back to it
    measured();
    leave();
  };
  let unseen = visible() || document.prerendering ? Infinity : 0; // when it was out of sight for the first time: a tab in the background paints nothing
  const hides = () => { unseen = Math.min(unseen, now()); leaves("hidden"); };
  document.addEventListener("visibilitychange", () => {
    [...watched.keys()].forEach(entersSight); // the second begins anew
    if (visible()) sign(); else hides();
  });
  document.addEventListener("freeze", () => leaves("frozen"));
  window.addEventListener("pagehide", (event) => leaves(event.persisted ? "back_forward_cache" : "left"));
  window.addEventListener("pageshow", (event) => { if (event.persisted) { nextPage = null; sign(); } });
  window.addEventListener("online", () => { takeKept(); flush(); });
  document.addEventListener("submit", (event) => {
    const target = new URL(event.target.dataset.leads ?? event.target.action, location.href);
    // What a script sends (the cart's drawer) leads nowhere.
    if (!event.defaultPrevented && target.origin === location.origin) nextPage = target.pathname.slice(0, 500);
    form = null;
  });

  // ---- Forms that were begun and given up: the names of their fields, never what stands in them.
  let form = null;
  document.addEventListener("input", (event) => {
    const of = event.target.form;
    if (!of || !event.target.name || of.method !== "post") return;
    const action = new URL(of.action, location.href).pathname.slice(0, 500);
    if (form?.action !== action) form = { action, fields: new Set(), start: now() };
    if (form.fields.size < 30) form.fields.add(event.target.name.slice(0, 50));
    form.last = event.target.name.slice(0, 50);
  });
  const giveUpForm = () => {
    if (!form || nextPage === form.action) return;
    add("form_abandoned", {
      ...here(), form: form.action,
      fields: [...form.fields], last_field: form.last, spent_ms: Math.round(now() - form.start),
    });
    form = null;
  };

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
  // What it is called in every language and at every width.
  const stable = ({ id, dataset, name, form, type, href, role, localName }) => {
    const path = (address) => new URL(address, location.href).pathname;
    if (id || name) return id ? "#" + id : `field:${name}`;
    if (dataset.cartAction) return `cart-${dataset.cartAction}:${dataset.productId ?? ""}`;
    return form && type === "submit" ? `submit:${path(form.action)}` : href ? `link:${path(href)}` : role ?? localName;
  };
  const placed = (tile) => {
    const { list, first, search } = tile.parentElement.dataset;
    return { list, position: Number(first || 1) + [...tile.parentElement.children].indexOf(tile), search_id: search };
  };
  // The list that it stands in, or that the product of its form was chosen from.
  const chosen = (element) => {
    const tile = element.closest("[data-list] > *");
    const [list, position, search_id] = element.closest("form")?.elements.from?.value?.split(".") ?? [];
    return tile ? placed(tile) : list ? { list, position: Number(position), search_id } : {};
  };
  // What the keyboard clicks has no place: its middle is meant.
  const place = (event, element) => {
    if (event.detail || event.clientX || event.clientY) return event;
    const { x, y, width, height } = element.getBoundingClientRect();
    const [clientX, clientY] = [x + width / 2, y + height / 2];
    return { clientX, clientY, pageX: clientX + window.scrollX, pageY: clientY + window.scrollY };
  };
  const clicked = (event) => {
    if (!(event.target instanceof Element)) return;
    const element = event.target.closest("a, button, input, select, textarea, label, summary, [role=button], [data-cart-action]") || event.target;
    // The browser clicks a label's field as well: that one counts.
    if (element.matches("label") && element.control && !element.control.disabled) return;
    // Whoever clicks again is still here: the last link led nowhere.
    nextPage = null;
    const at = place(event, element);
    const [box, link] = [element.getBoundingClientRect(), element.closest("a[href]")];
    const product = Number(element.closest("[data-product-id]")?.dataset.productId);
    const address = link ? new URL(link.href, location.href) : null;
    const inside = address && address.origin === location.origin;
    const click = add("click", {
      ...here(), element: name(element), text: text(element),
      x_percent: percent(at.clientX, window.innerWidth), y_percent: percent(at.clientY, window.innerHeight),
      page_x_percent: percent(at.pageX, page.scrollWidth), page_y_percent: percent(at.pageY, page.scrollHeight),
      viewport_width: page.clientWidth, viewport_height: page.clientHeight, page_height: page.scrollHeight,
      element_x_percent: percent(at.clientX - box.left, box.width),
      element_y_percent: percent(at.clientY - box.top, box.height),
      element_name: stable(element).slice(0, 100),
      ...chosen(element),
      cart_action: element.closest("[data-cart-action]")?.dataset.cartAction ?? null,
      product_id: Number.isSafeInteger(product) ? product : null,
      href: address ? (inside ? address.pathname + address.search : address.origin + address.pathname).slice(0, 500) : null,
    });
    if (inside && !event.defaultPrevented && event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && link.target !== "_blank" && !link.hasAttribute("download"))
      nextPage = address.pathname.slice(0, 500);
    if (event.button === 0) judge(click, element, event);
  };
  document.addEventListener("click", clicked, { capture: true });
  document.addEventListener("auxclick", (event) => { if (event.button === 1) clicked(event); }, { capture: true });

  // Rage: the third click within a second in one spot, but for what is meant to be repeated: keys, a field's arrows, and the clicks
  // that select a line. Dead: what looks as if it could be clicked does nothing for a second.
  let recent = [];
  const judge = (click, element, { clientX, clientY, detail }) => {
    const at = now();
    const selected = window.getSelection();
    if (!detail || element.matches("input, textarea, select") || (!selected.isCollapsed && selected.containsNode(element, true))) return;
    recent = recent.filter((one) => at - one.at < 1000 && Math.hypot(one.x - clientX, one.y - clientY) < 30);
    recent.push({ at, x: clientX, y: clientY });
    if (recent.length >= 3) { click.frustration = "rage"; return; }
    if (element.matches("label, summary") || getComputedStyle(element).cursor !== "pointer") return;
    let reaction = false; const seen = () => { reaction = true; };
    const changes = new MutationObserver(seen);
    changes.observe(page, { subtree: true, childList: true, attributes: true, characterData: true });
    for (const sign of ["scroll", "focusin", "pagehide", "submit"]) window.addEventListener(sign, seen, { once: true, capture: true });
    setTimeout(() => {
      changes.disconnect();
      if (!reaction && !nextPage && visible()) click.frustration ??= "dead";
    }, 1000);
  };

  // ---- Tiles of a list that were really seen: half of one for a second, each once.
  const shown = new Map(); // list -> tiles that wait to be told
  const watched = new Map(); // tile in sight -> its timer
  const tellShown = () => {
    for (const [list, tiles] of shown)
      for (let from = 0; from < tiles.length; from += 50)
        add("impression", { ...here(), list, tiles: tiles.slice(from, from + 50) });
    shown.clear();
  };
  const leavesSight = (tile) => { clearTimeout(watched.get(tile)); watched.delete(tile); };
  const entersSight = (tile) => {
    leavesSight(tile);
    watched.set(tile, visible() && setTimeout(() => {
      leavesSight(tile); eyes.unobserve(tile);
      const { list, position } = placed(tile), product_id = Number(tile.querySelector("[data-product-id]").dataset.productId);
      shown.set(list, (shown.get(list) || []).concat({ product_id, position }));
    }, 1000));
  };
  const eyes = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) (isIntersecting ? entersSight : leavesSight)(target);
  }, { threshold: 0.5 });
  for (const tile of document.querySelectorAll("[data-list] > :has([data-product-id])")) eyes.observe(tile);

  // ---- How fast the page was: Web Vitals as https://web.dev/articles/vitals defines them, told once; a prerendered page begins when shown.
  const vitals = { ttfb_ms: null, fcp_ms: null, lcp_ms: null, cls: null, inp_ms: null };
  const observe = (type, each, options) => {
    if (!PerformanceObserver.supportedEntryTypes?.includes(type)) return;
    new PerformanceObserver((list) => list.getEntries().forEach(each)).observe({ type, buffered: true, ...options });
  };
  observe("paint", ({ name, startTime }) => { if (name === "first-contentful-paint" && startTime < unseen) vitals.fcp_ms = startTime; });
  observe("largest-contentful-paint", ({ startTime }) => { if (startTime < unseen) vitals.lcp_ms = startTime; });
  // The largest burst of shifts: gaps under 1 s, 5 s at most.
  let burst = { sum: 0, first: -Infinity, last: -Infinity };
  observe("layout-shift", (entry) => {
    if (entry.hadRecentInput) return;
    const goesOn = entry.startTime - burst.last < 1000 && entry.startTime - burst.first < 5000;
    if (!goesOn) burst = { sum: 0, first: entry.startTime };
    burst.sum += entry.value;
    burst.last = entry.startTime;
    vitals.cls = Math.max(vitals.cls ?? 0, Math.round(burst.sum * 10000) / 10000);
  });
  // The slowest interaction; of many, one in 50 is left out.
  const interactions = new Map();
  const interacted = ({ entryType, interactionId, duration }) => {
    const id = interactionId || (entryType === "first-input" && entryType);
    if (!id) return;
    interactions.set(id, Math.max(duration, interactions.get(id) ?? 0));
    const slowest = [...interactions].sort((one, other) => other[1] - one[1]);
    if (slowest.length > 200) interactions.delete(slowest.pop()[0]);
    const skipped = Math.min(slowest.length - 1, Math.floor((performance.interactionCount ?? slowest.length) / 50));
    vitals.inp_ms = Math.round(slowest[skipped][1]);
  };
  observe("event", interacted, { durationThreshold: 40 });
  observe("first-input", interacted); // tells of a first one that was faster than that
  let told = false;
  const measured = () => {
    tellShown();
    if (told || !load) return;
    told = true;
    vitals.ttfb_ms = load.responseStart;
    for (const key of ["ttfb_ms", "fcp_ms", "lcp_ms"]) if (vitals[key] !== null) vitals[key] = Math.max(0, Math.round(vitals[key] - (load.activationStart ?? 0)));
    if (vitals.cls === null && PerformanceObserver.supportedEntryTypes?.includes("layout-shift")) vitals.cls = 0;
    add("page_performance", { ...here(), navigation: load.type, ...vitals });
  };

  // ---- What failed in a script: five a page at most.
  let failures = 0;
  const failed = (message, source, line, column) => {
    if ((failures += 1) > 5) return;
    const at = source ? `${new URL(source, location.href).pathname}:${line ?? 0}:${column ?? 0}` : null;
    add("error", { ...here(), message: (String(message) || "unknown").slice(0, 300), source: at });
  };
  window.addEventListener("error", ({ message, filename, lineno, colno }) => { if (message) failed(message, filename, lineno, colno); });
  window.addEventListener("unhandledrejection", (event) => failed(event.reason?.message ?? event.reason ?? "unhandled rejection"));

  queue = loaded(session, WAITING);
  takeKept();
  if (visible()) begin();
  setInterval(look, 1000); // so that what changed without an event is off by a second at most
  setInterval(() => {
    if (stay && now() - lastSign > END_AFTER) end("idle");
    tellShown();
    if (queue.length) flush();
  }, FLUSH_EVERY);
})();
