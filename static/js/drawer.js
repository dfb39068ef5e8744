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
  const [panel, line] = aside.querySelector("template").content.children;
  const [list, away, nothing, status] = [".records", ".emitted-away", ".emitted-nothing", "[role=status]"].map((css) => panel.querySelector(css));

  const tab = aside.querySelector("button"); // forms.js made it of the link, and fetches this file when it is pressed

  const requests = panel.querySelector("[name=requests]");
  const pause = panel.querySelector("[name=pause]");
  let last = [];
  requests.addEventListener("change", () => show(last));
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

  // ---- The list.
  const rows = new Map(); // event id -> its line
  const put = (element, text) => { if (element.textContent !== text) element.textContent = text; };
  const fill = (row, { event_id, event_type, topic, at, said, place, steps, schema, event }) => {
    row.hidden = topic === "shop.request" && !requests.checked;
    put(row.querySelector(".at"), at);
    put(row.querySelector(".said"), said);
    // To be copied: the message on its topic, its line in the log files, its row.
    const table = event_type === "view" || steps.row !== "none";
    put(row.querySelector(".locators"), [
      ...(place ? [`kcat -b localhost:9092 -C -t ${topic} -p ${place.partition} -o ${place.offset} -c 1`] : []),
      ...(steps.file !== "none" ? [`grep -h ${event_id} data/logs/*.log`] : []),
      ...(table ? [`SELECT * FROM user_activity_log WHERE event_id = '${event_id}';`] : []),
    ].join("\n"));
    row.querySelector("[data-topic]").href = `/data/topics/${topic}`;
    const name = row.querySelector("b");
    put(name, event_type);
    name.className = topic.replace(".", "-");
    const where = row.querySelector("[data-where]");
    where.href = place ? `/data/messages/${topic}/${place.partition}/${place.offset}` : `/data/topics/${topic}`;
    put(row.querySelector("code"), place ? `${topic} / ${place.partition} / ${place.offset}` : steps.topic === "waiting" ? words.onItsWay : topic);
    put(row.querySelector("pre"), JSON.stringify(event, null, 2));
    row.querySelector("[data-schema]").href = schema;
    const dots = row.querySelector(".steps");
    const stand = [...dots.children].map((dot) => {
      const state = steps[dot.dataset.step];
      if (dot.dataset.state !== state) dot.dataset.state = state;
      return `${dot.title}: ${words[state]}`;
    }).join(", ");
    if (dots.getAttribute("aria-label") !== stand) dots.setAttribute("aria-label", stand);
  };
  const show = (events) => {
    last = events;
    const first = !state;
    const shown = new Set(events.map((event) => event.event_id));
    for (const [id, row] of rows) if (!shown.has(id)) { row.remove(); rows.delete(id); }
    let next = list.firstElementChild;
    for (const event of events) {
      let row = rows.get(event.event_id);
      if (!row) {
        row = line.cloneNode(true);
        rows.set(event.event_id, row);
        if (!first) unsaid += 1;
      }
      fill(row, event);
      if (row === next) next = row.nextElementSibling;
      else list.insertBefore(row, next);
    }
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
