// The cart in a dialog, without leaving the page.
//
// Promises: without this file, forms and links do what they say. No form is sent twice, but for what the shop refused: the ordinary way,
// so that its page is seen. Where it is not known whether it was done, the cart's page tells. The shop records these requests like others.
(() => {
  "use strict";
  const link = document.querySelector(".tools a[href='/cart']");
  // These show it themselves.
  if (!link || !window.HTMLDialogElement || /^\/(cart|checkout|wishlist)/.test(location.pathname)) return;
  const dialog = document.createElement("dialog");
  dialog.className = "cart-drawer";
  dialog.setAttribute("aria-labelledby", "cart-title");
  dialog.innerHTML = "<section></section><p class=unseen role=status></p>";

  const show = (html, form) => {
    const holder = document.createElement("template");
    holder.innerHTML = html;
    const part = holder.content.querySelector("[data-cart]");
    if (!part) return false;
    link.replaceChildren(...part.querySelector("template").content.firstElementChild.childNodes);
    dialog.firstChild.replaceWith(part);
    if (!dialog.open) {
      document.body.append(dialog);
      dialog.showModal();
    }
    const find = (css) => part.querySelector(css);
    const same = form && find(`form[action="${form.getAttribute("action")}"] [name=product_id][value="${form.elements.product_id.value}"] ~ button`);
    (find("[autofocus]") ?? find(".notice button") ?? same ?? find("h2")).focus();
    dialog.lastChild.textContent = (find(".notice p, .alert") ?? link.querySelector(".unseen")).textContent;
    return true;
  };

  let busy = false;
  let ordinary = null; // the form that the shop refused
  const ask = async (from, address, form) => {
    if (busy) return;
    busy = true;
    from.setAttribute("aria-busy", "true");
    let status, shown;
    try {
      const how = form && { method: "POST", body: new URLSearchParams(new FormData(form)) };
      const answer = await fetch(address, { ...how, headers: { "x-part": "cart" } });
      status = answer.status;
      shown = show(await answer.text(), form);
    } catch { /* broken off */ }
    busy = false;
    from.removeAttribute("aria-busy");
    if (shown) return;
    if (form && status >= 400 && status < 500) {
      ordinary = form;
      form.requestSubmit();
    } else location.assign("/cart");
  };

  // Before main.js, which then knows that they lead nowhere.
  window.addEventListener("submit", (event) => {
    const form = event.target;
    const address = form.getAttribute("action");
    const isHere = /^\/cart\/(add|update|remove|later)$/.test(address) || (address === "/wishlist/to-cart" && dialog.contains(form));
    if (form === ordinary || !isHere) return;
    event.preventDefault();
    ask(form, address, form);
  }, true);
  window.addEventListener("click", (event) => {
    if (!link.contains(event.target) || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    ask(link, "/cart");
  }, true);
  // The dialog itself is hit beside what it shows.
  dialog.addEventListener("click", ({ target }) => { if (target === dialog || target.closest("[data-close]")) dialog.close(); });
  window.addEventListener("pageshow", (event) => { if (event.persisted) dialog.close(); });
})();
