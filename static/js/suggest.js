// Suggestions below the search field: the combobox pattern of the ARIA Authoring Practices, with a list box and no selection by itself.
//
// Promises: it is fetched when the field gets the focus; without it the field is a plain search form; a letter costs at most one request,
// 120 ms after the last one; an answer that comes too late is dropped. While nothing is typed it shows what was searched for in this tab
// (kept there only, and only with consent) and what people like. The shop keeps no record of these requests.
(() => {
  "use strict";
  const form = document.querySelector("form[data-suggest]");
  const field = form?.elements.q;
  if (!field) return;

  const WAIT = 120; // ms
  const list = document.createElement("div");
  list.id = "suggestions";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", form.dataset.label);
  const status = document.createElement("p");
  status.className = "unseen";
  status.setAttribute("role", "status");
  form.append(list, status);
  for (const [name, value] of [["aria-autocomplete", "list"], ["aria-controls", list.id]]) field.setAttribute(name, value); // forms.js has said the rest

  let active = -1;
  let timer = 0;
  let asking = null;
  const options = () => [...list.querySelectorAll("[role=option]")];

  const open = (yes) => {
    list.hidden = !yes;
    field.setAttribute("aria-expanded", String(yes));
    if (!yes) choose(-1);
  };
  const choose = (at) => {
    active = at;
    field.removeAttribute("aria-activedescendant");
    options().forEach((option, place) => {
      option.setAttribute("aria-selected", String(place === at));
      if (place !== at) return;
      field.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    });
  };
  const show = (html) => {
    list.innerHTML = html; // the shop's own markup, escaped where it is made
    if (!field.value.trim()) list.prepend(...recent());
    options().forEach((option, place) => { option.id = "suggestion-" + place; });
    choose(-1); // what was chosen stood in another list
    open(options().length > 0);
    status.textContent = list.querySelector("template")?.dataset.said ?? "";
  };
  const ask = async () => {
    asking?.abort();
    const typed = field.value.trim();
    asking = new AbortController();
    const address = form.dataset.suggest + "?" + new URLSearchParams({ q: typed, lang: document.documentElement.lang });
    try {
      const answer = await fetch(address, { signal: asking.signal });
      if (!answer.ok) { open(false); return; }
      const html = await answer.text();
      if (document.activeElement === field && field.value.trim() === typed) show(html);
    } catch { /* too late, or offline: the form still works */ }
  };

  // ---- What was searched for in this tab.
  const KEPT = "de-shop.searches";
  const MOST = 4;
  const session = (() => { try { return window.sessionStorage; } catch { return null; } })();
  const searches = () => { try { return JSON.parse(session?.getItem(KEPT) ?? "[]"); } catch { return []; } };
  const remember = (query) => {
    if (!query || navigator.globalPrivacyControl || document.documentElement.dataset.consent === "necessary") return;
    const kept = [query, ...searches().filter((one) => one !== query)].slice(0, MOST);
    try { session?.setItem(KEPT, JSON.stringify(kept)); } catch { /* storage is full: it is typed again */ }
  };
  const recent = () => {
    const links = searches().map((query) => {
      const option = document.createElement("a");
      option.className = "suggestion";
      option.href = "/search?" + new URLSearchParams({ q: query });
      for (const [name, value] of [["role", "option"], ["tabindex", "-1"], ["aria-selected", "false"]]) option.setAttribute(name, value);
      option.textContent = query;
      return option;
    });
    if (!links.length) return [];
    const head = document.createElement("p");
    head.className = "suggestions-head";
    head.setAttribute("role", "presentation");
    head.textContent = form.dataset.recent;
    return [head, ...links];
  };

  field.addEventListener("focus", () => { if (!field.value.trim()) ask(); });
  field.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, WAIT); });
  field.addEventListener("keydown", (event) => {
    // Safari ends a composition with an Enter of its own, which it marks with this key code only.
    if (event.isComposing || event.keyCode === 229) return;
    const count = options().length;
    const shown = !list.hidden;
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && count) {
      event.preventDefault();
      if (!shown) open(true);
      const step = event.key === "ArrowDown" ? 1 : -1;
      // One place past either end is the field itself.
      choose(((active + 1 + step + count + 1) % (count + 1)) - 1);
    } else if (event.key === "Enter" && shown && active >= 0) {
      event.preventDefault();
      options()[active].click();
    } else if (event.key === "Escape" && shown) {
      event.preventDefault();
      open(false);
    }
  });
  list.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus
  field.addEventListener("blur", () => { clearTimeout(timer); asking?.abort(); open(false); });
  form.addEventListener("submit", () => { clearTimeout(timer); asking?.abort(); remember(field.value.trim()); });
  // Whoever is quicker than this file has typed already.
  if (document.activeElement === field) ask();
})();
