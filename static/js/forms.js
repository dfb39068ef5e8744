// Small helps for forms, and what comes only when it is asked for.
//
// Promises: without this file, every form has its button and keeps what the shop knows. Suggestions are fetched when the search field gets
// the focus, the drawer when its tab is pressed. What was typed into a form that asks for it
// (data-keep) stays in this tab until it was sent for good: it is found again after Back, after a refusal, in another language.
(() => {
  "use strict";
  // A page that answers a form has no address of its own: Back and Reload lead to the page that the form stands on, and nobody is asked
  // whether to send it again.
  const { here } = document.documentElement.dataset;
  if (here) history.replaceState(history.state, "", here);

  const KEPT = "de-shop.form";
  const session = (() => { try { return window.sessionStorage; } catch { return null; } })();
  const form = document.querySelector("form[data-keep]");
  const fields = form ? [...form.querySelectorAll("input[type=text], input[type=tel]")] : [];
  const kept = (() => { try { return JSON.parse(session?.getItem(KEPT) ?? "{}"); } catch { return {}; } })();
  for (const field of fields) if (!field.value && kept[field.name]) field.value = kept[field.name];
  if (document.querySelector(".thanks")) session?.removeItem(KEPT);
  if (form) window.addEventListener("pagehide", () => {
    try {
      session?.setItem(KEPT, JSON.stringify(Object.fromEntries(fields.map(({ name, value }) => [name, value]))));
    } catch { /* storage is full: what was typed is typed again */ }
  });

  // 01012345678 reads as 010-1234-5678 while it is typed.
  document.querySelector("#phone")?.addEventListener("input", ({ target, inputType }) => {
    if (inputType?.startsWith("delete") || target.selectionStart !== target.value.length || !/^01[\d-]*$/.test(target.value)) return;
    const digits = target.value.replaceAll("-", "").slice(0, 11);
    target.value = [digits.slice(0, 3), digits.slice(3, 7), digits.slice(7)].filter(Boolean).join("-");
  });

  const fetches = (script) => {
    const element = document.createElement("script");
    element.src = script;
    document.head.append(element);
  };
  const find = document.querySelector("[data-suggest]");
  const suggest = () => fetches(find.dataset.script);
  for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"]]) find?.elements.q.setAttribute(name, value);
  if (find?.contains(document.activeElement)) suggest();
  else find?.addEventListener("focusin", suggest, { once: true });

  // The drawer's link becomes a button.
  const link = document.querySelector("a.emitted-tab");
  if (link) {
    const tab = document.createElement("button");
    tab.type = "button";
    tab.className = link.className;
    tab.append(...link.childNodes);
    tab.setAttribute("aria-expanded", "false");
    link.replaceWith(tab);
    const { script } = tab.parentElement.dataset;
    if (document.documentElement.dataset.drawer === "open") fetches(script);
    else tab.addEventListener("click", () => { tab.dataset.pressed = ""; fetches(script); }, { once: true });
  }

  // With a thumb, an order that was chosen is meant; arrow keys go through all of them.
  const sort = document.querySelector(".sorting select");
  if (sort && window.matchMedia("(pointer: coarse)").matches) sort.addEventListener("change", () => sort.form.requestSubmit());
})();
