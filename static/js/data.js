// What is live under /data: counts, the tail, and whether a consumer has arrived.
//
// Promises: without this file every page stands as it is, but for the tail. What comes from messages is put in as text, never as markup.
// While a page is hidden nothing is asked, and the tail is closed: it goes on with what comes
// from then on. At most 300 messages are kept on the page.
(() => {
  "use strict";
  const COUNTS_EVERY = 2000, GROUPS_EVERY = 1000; // ms
  const KEPT = 300;
  const put = (element, text) => { if (element && element.textContent !== text) element.textContent = text; };
  const every = (pause, what) => {
    const go = async () => {
      if (document.visibilityState === "visible") {
        try { await what(); } catch { /* the shop is away: the next question tells */ }
      }
      setTimeout(go, pause);
    };
    go();
  };
  const ask = async (address) => {
    const answer = await fetch(address, { cache: "no-store", credentials: "same-origin" });
    if (!answer.ok) throw new Error(`${answer.status}`);
    return answer.json();
  };
  const filled = (text, names) => Object.entries(names).reduce((said, [name, value]) => said.replaceAll(`{${name}}`, String(value)), text);

  // ---- Counts.
  const live = document.querySelector("[data-live]");
  if (live) {
    every(COUNTS_EVERY, async () => {
      const counts = await ask(live.dataset.live);
      for (const element of document.querySelectorAll("[data-count]")) {
        const count = counts[element.dataset.count];
        if (count !== undefined) put(element, count);
      }
    });
  }

  // ---- Your consumer.
  const news = document.querySelector("[data-groups]");
  if (news) {
    const words = news.dataset;
    const body = document.querySelector("#groups");
    const cell = (row, tag, text) => {
      const element = document.createElement(tag);
      element.textContent = text;
      row.append(element);
      return element;
    };
    let before = null;
    put(news, words.waiting);
    every(GROUPS_EVERY, async () => {
      const { groups } = await ask(words.groups);
      body.replaceChildren(...groups.map((group) => {
        const row = document.createElement("tr");
        cell(row, "th", group.name).scope = "row";
        cell(row, "td", group.state);
        cell(row, "td", group.members.map(({ client, partitions }) => `${client} ${partitions}`).join("\n"));
        cell(row, "td", group.lag === null ? "–" : group.lag.toLocaleString("en")).className = "number";
        return row;
      }));
      const known = new Map(groups.map((group) => [group.name, group]));
      if (before) {
        for (const group of groups) {
          const was = before.get(group.name);
          const first = group.committed[0];
          if (first && !(was && was.committed.length)) put(news, filled(words.committed, { group: group.name, ...first }));
          else if (group.members.length && !(was && was.members.length)) put(news, filled(words.joined, { group: group.name, members: group.members.length }));
          else if (!group.members.length && was && was.members.length) put(news, filled(words.left, { group: group.name }));
        }
      }
      before = known;
    });
  }

  // ---- The tail.
  const tail = document.querySelector("#tail");
  if (!tail) return;
  const words = tail.dataset;
  const form = document.querySelector("#tail-form");
  const [list, state, template, pause] = ["ol", ".tail-state", "template", "[data-act=pause]"].map((css) => tail.querySelector(css));
  const line = template.content.firstElementChild;
  const own = form.querySelector("[data-own]");
  let source = null;
  let paused = null; // what came while paused
  const place = ({ topic, partition, offset }) => `${topic} / ${partition} / ${offset}`;
  const said = (message) => message.value === null ? (message.text ?? `${message.size} B`) : JSON.stringify(message.value, null, 2);
  const show = (message) => {
    const row = line.cloneNode(true);
    put(row.querySelector("time"), (message.at ?? "").slice(11, 23));
    const name = row.querySelector("b");
    put(name, message.type);
    name.className = message.topic.replace(".", "-");
    put(row.querySelector("code"), place(message));
    row.querySelector("a").href = message.address;
    // The rest when somebody wants to see it: most lines go by unread.
    row.querySelector("details").addEventListener("toggle", () => {
      put(row.querySelector(".tail-headers"), message.headers.map(([header, value]) => `${header}: ${value}`).join("\n") || "–");
      put(row.querySelector(".tail-value"), said(message));
    }, { once: true });
    row.addEventListener("click", async ({ target }) => {
      const what = target.dataset.copy;
      if (!what) return;
      const text = what === "json" ? said(message) : filled(words[what], message);
      try {
        await navigator.clipboard.writeText(text);
        put(state, words.copied);
      } catch { put(state, text); }
    });
    list.prepend(row);
    while (list.childElementCount > KEPT) list.lastElementChild.remove();
  };
  const query = () => {
    const asked = new URLSearchParams(new FormData(form));
    if (own && own.checked) { asked.set("field", "session_id"); asked.set("value", own.dataset.own); }
    return asked;
  };
  const close = () => { if (source) source.close(); source = null; };
  const open = () => {
    close();
    source = new EventSource(`${words.stream}?${query()}`);
    source.addEventListener("state", ({ data }) => {
      const { listening, since } = JSON.parse(data);
      put(state, listening ? words.listening : `${words.away} ${since}`);
    });
    source.addEventListener("missed", ({ data }) => put(state, filled(words.missed, { n: JSON.parse(data).messages })));
    source.addEventListener("message", ({ data }) => {
      const message = JSON.parse(data);
      if (!paused) { show(message); return; }
      paused.push(message);
      if (paused.length > KEPT) paused.shift();
      put(state, filled(words.paused, { n: paused.length }));
    });
    // After an answer that is no stream (the token, too many viewers) the browser does not try again.
    source.addEventListener("error", ({ target }) => put(state, target.readyState === EventSource.CLOSED ? words.closed : words.lost));
  };
  const pauseName = pause.textContent;
  pause.addEventListener("click", () => {
    const waited = paused;
    paused = waited ? null : [];
    put(pause, waited ? pauseName : words.resume);
    put(state, waited ? words.listening : filled(words.paused, { n: 0 }));
    if (waited) waited.forEach(show);
  });
  tail.querySelector("[data-act=clear]").addEventListener("click", () => list.replaceChildren());
  form.addEventListener("submit", (event) => { event.preventDefault(); list.replaceChildren(); open(); });
  if (own) own.addEventListener("change", () => { list.replaceChildren(); open(); });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") close();
    else if (!source) open();
  });
  tail.hidden = false;
  if (document.visibilityState !== "hidden") open();
})();
