// Small helps for forms, and what comes only when it is asked for.
//
// Promises: without this file, every form has its button and leads where it says. Suggestions are fetched when the search field gets the
// focus, the drawer when its tab is pressed.
(() => {
  "use strict";
  // A page that answers a form has no address of its own: Back and Reload lead to the page that the form stands on, and nobody is asked
  // whether to send it again.
  const { here } = document.documentElement.dataset;
  if (here) history.replaceState(history.state, "", here);

  const fetches = (script) => {
    const element = document.createElement("script");
    element.src = script;
    document.head.append(element);
  };
  const find = document.querySelector("[data-suggest]");
  const suggest = () => fetches(find.dataset.script);
  for (const [name, value] of [["role", "combobox"], ["aria-expanded", "false"]]) find?.elements.q.setAttribute(name, value);
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
