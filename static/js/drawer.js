// "What did I just emit?": the drawer with this visitor's own events, and how far each has got on its way.
//
// Promises: it is fetched when it is wanted; without it the tab is a link to the same list; nothing is asked while the drawer is closed or the page is hidden; at
// most one request at a time, one in a second while something moves, one in two seconds otherwise; what has not changed is not touched,
// so that the focus and what is open stay. The shop keeps no record of these requests.
(() => {
  "use strict";
  const aside = document.querySelector("[data-emitted]");
  if (!aside) return;
  const SOON = 1000, LATER = 2000, AFTER_FAILURE = 5000; // ms
  const LIVELY = 10000; // ms after a change
  const SAY_EVERY = 5000; // ms
  const root = document.documentElement;
  const words = aside.dataset;
  const [panel, request, line] = aside.querySelector("template").content.children;
  const [list, away, nothing, status] = [".records", ".emitted-away", ".emitted-nothing", "[role=status]"].map((css) => panel.querySelector(css));

  const tab = aside.querySelector("button"); // forms.js made it of the link, and fetches this file when it is pressed

  const [requests, pause, topics] = ["requests", "pause", "topic"].map((name) => panel.querySelector(`[name=${name}]`));
  let last = [];
  let kafka = "localhost:9092"; // until the shop says where it is
  for (const filter of [requests, topics]) filter.addEventListener("change", () => show(last));
  pause.addEventListener("change", () => ask());

  const isOpen = () => panel.isConnected;
  // The shop remembers it, so that the next page keeps the place free. Where it leads to is not wanted: that would be a view.
  const keep = (drawer) => {
    root.dataset.drawer = drawer;
    const how = { method: "POST", body: new URLSearchParams({ drawer }), redirect: "manual", keepalive: true, credentials: "same-origin" };
    fetch("/drawer", how).catch(() => { /* offline: closed on the next page */ });
  };
  const open = () => {
    tab.after(panel);
    tab.hidden = true;
    tab.setAttribute("aria-expanded", "true");
    ask();
  };
  const close = () => {
    panel.remove();
    tab.hidden = false;
    tab.setAttribute("aria-expanded", "false");
    tab.focus();
    keep("there");
  };

  // ---- The list: requests, and below each of them the events that it led to.
  const rows = new Map(); // event id -> its line
  const groups = new Map(); // request id -> its part of the list
  const put = (element, text) => { if (element.textContent !== text) element.textContent = text; };
  const wanted = (topic) => topics.value ? topics.value === topic : topic !== "shop.request" || requests.checked;
  // From the event to each step: how long after the one before it.
  const hops = (dots, { journal, topic, kept }) => {
    const [inJournal, onTopic, inFile, inRow] = [...dots.children].map((dot) => dot.title);
    const after = (name, ms, before, most = "") => ms === null || before === null ? `${name} –` : `${name} ${most}+${ms - before} ms`;
    return [words.page, after(inJournal, journal, 0), after(onTopic, topic, journal), after(`${inFile}, ${inRow}`, kept, topic, "≤ ")].join(" → ");
  };
  const fill = (row, { event_id, event_type, topic, at, said, place, key, headers, steps, times, schema, event }) => {
    row.hidden = !wanted(topic);
    const find = (css) => row.querySelector(css);
    put(find(".at"), at);
    put(find(".said"), said);
    // To be copied: the message on its topic, its line in the log files, its row.
    put(find(".locators"), [
      ...(place ? [`kcat -b ${kafka} -C -t ${topic} -p ${place.partition} -o ${place.offset} -c 1`] : []),
      ...(steps.file !== "none" ? [`grep -h ${event_id} data/logs/*.log`] : []),
      ...(steps.row !== "none" ? [`SELECT * FROM user_activity_log WHERE event_id = '${event_id}';`] : []),
    ].join("\n"));
    put(find(".message"), [["key", key], ...headers].map(([name, text]) => `${name}: ${text}`).join("\n"));
    find("[data-topic]").href = `/data/topics/${topic}`;
    const name = find("b");
    put(name, event_type);
    name.className = topic.replace(".", "-");
    find("[data-where]").href = place ? `/data/messages/${topic}/${place.partition}/${place.offset}` : `/data/topics/${topic}`;
    put(find("code"), place ? `${topic} / ${place.partition} / ${place.offset}` : steps.topic === "waiting" ? words.onItsWay : topic);
    put(find("pre"), JSON.stringify(event, null, 2));
    find("[data-schema]").href = schema;
    const dots = find(".steps");
    put(find(".hops"), hops(dots, times));
    const stand = [...dots.children].map((dot) => {
      const state = steps[dot.dataset.step];
      if (dot.dataset.state !== state) dot.dataset.state = state;
      return `${dot.title}: ${words[state]}`;
    }).join(", ");
    if (dots.getAttribute("aria-label") !== stand) dots.setAttribute("aria-label", stand);
  };
  // Puts them in this order, and moves nothing that stands right.
  const order = (list, elements) => {
    let next = list.firstElementChild;
    for (const element of elements) {
      if (element === next) next = next.nextElementSibling;
      else list.insertBefore(element, next);
    }
    while (next) { const gone = next; next = next.nextElementSibling; gone.remove(); }
  };
  const kept = (map, key, template) => {
    if (!map.has(key)) map.set(key, template.cloneNode(true));
    return map.get(key);
  };
  const forget = (map, shown) => { for (const key of map.keys()) if (!shown.has(key)) map.delete(key); };
  const show = (events) => {
    last = events;
    const told = new Map(); // request id -> the lines of its events
    for (const event of events) {
      if (state && !rows.has(event.event_id)) unsaid += 1;
      const row = kept(rows, event.event_id, line);
      fill(row, event);
      const id = event.request_id || event.event_id;
      put(kept(groups, id, request).querySelector("code"), event.request);
      told.set(id, [...(told.get(id) ?? []), row]);
    }
    forget(rows, new Set(events.map((event) => event.event_id)));
    forget(groups, told);
    for (const [id, lines] of told) {
      const group = groups.get(id), seen = lines.filter((row) => !row.hidden).length;
      group.hidden = !seen;
      put(group.querySelector(".quiet-text"), String(seen));
      order(group.querySelector("ol"), lines);
    }
    order(list, [...told.keys()].map((id) => groups.get(id)));
    nothing.hidden = events.length > 0;
    say();
  };
  // How many are new: now and then, not line by line.
  let unsaid = 0;
  let saidAt = -SAY_EVERY;
  const say = () => {
    if (!unsaid || performance.now() - saidAt < SAY_EVERY) return;
    saidAt = performance.now();
    status.textContent = words.fresh.replace("{n}", unsaid);
    unsaid = 0;
  };

  // ---- Asking.
  let state = "";
  let changed = 0;
  let timer = 0;
  let asking = false;
  const ask = async () => {
    clearTimeout(timer);
    if (asking || pause.checked || !isOpen() || document.visibilityState !== "visible") return;
    asking = true;
    let wait = AFTER_FAILURE;
    try {
      const answer = await fetch(`${words.emitted}?after=${state}&lang=${document.documentElement.lang}`, { cache: "no-store", credentials: "same-origin" });
      if (answer.status === 200) {
        const told = await answer.json();
        kafka = told.kafka ?? kafka;
        show(told.events);
        state = told.state;
        changed = performance.now();
      }
      away.hidden = answer.ok;
      if (answer.ok) wait = performance.now() - changed < LIVELY ? SOON : LATER;
      else wait = Math.max(wait, 1000 * (Number(answer.headers.get("retry-after")) || 0));
      say();
    } catch { away.hidden = false; }
    asking = false;
    timer = setTimeout(ask, wait);
  };

  const press = () => { open(); panel.focus(); keep("open"); };
  tab.addEventListener("click", press);
  panel.querySelector("button").addEventListener("click", close);
  panel.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
  document.addEventListener("visibilitychange", ask);
  window.addEventListener("pageshow", (event) => { if (event.persisted) ask(); });
  if (root.dataset.drawer === "open") open();
  else if ("pressed" in tab.dataset) press();
})();
