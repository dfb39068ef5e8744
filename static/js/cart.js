// The cart in a dialog and the hearts, without leaving the page.
//
// Promises: without this file, forms and links do what they say. What is asked for is done one after the other, none is lost, and a form
// that is sent twice is done once: the shop knows its token. What is under way shows; what the shop can't be asked stays on the page and
// can be tried again. What the shop refuses is sent the ordinary way, so that its page is seen. Back closes the cart. The shop records
// these requests like others.
(() => {
  "use strict";
  const link = document.querySelector(".tools a[href='/cart']");
  if (!link || !window.HTMLDialogElement) return;
  const SETTLED = 500; // ms after a quantity was changed

  // A quantity sends itself; without this file its button does. Taps in a row are sent as one.
  let timer = 0;
  let pressed = null; // what changed a quantity, to have the focus again
  const changed = (field, by) => {
    if (!field.matches(".change input")) return;
    pressed = by;
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = 0;
      if (field.isConnected && field.checkValidity()) field.form.requestSubmit(field.closest(".change").querySelector("[type=submit]"));
    }, SETTLED);
  };
  window.addEventListener("change", ({ target }) => changed(target, `#${target.id}`));
  window.addEventListener("click", ({ target }) => {
    const { step } = target.dataset;
    if (!step) return;
    const field = target.parentElement.querySelector("input");
    field.stepUp(step);
    changed(field, `.stepper:has(#${field.id}) [data-step="${step}"]`);
  });

  // ---- What is said outside of the dialog.
  const toast = document.createElement("div");
  toast.className = "toast";
  toast.setAttribute("role", "status");
  document.body.append(toast);
  let failed = [];
  const say = (...said) => toast.replaceChildren(...said.filter(Boolean));
  const sayLost = () => {
    const again = document.createElement("button");
    again.type = "button";
    again.textContent = link.dataset.again;
    again.addEventListener("click", () => {
      const all = failed;
      failed = [];
      say("");
      all.forEach(ask);
    });
    say(link.dataset.lost, again);
  };

  // ---- The header's count, for pages that the browser keeps.
  const KEPT = "de-shop.cart";
  const session = (() => { try { return window.sessionStorage; } catch { return null; } })();
  // Where storage is full, the count is one page old.
  const remember = () => { try { session?.setItem(KEPT, link.querySelector(".unseen").textContent); } catch {} };
  const counts = (tool, number) => {
    const count = tool.querySelector(".count");
    count.textContent = number;
    count.hidden = !Number(number);
  };
  const remembered = () => {
    const said = session?.getItem(KEPT);
    if (!said || said === link.querySelector(".unseen").textContent) return;
    link.querySelector(".unseen").textContent = said;
    counts(link, said.replace(/\D/g, ""));
  };
  remember();

  // ---- The dialog.
  const dialog = document.createElement("dialog");
  dialog.className = "cart-drawer";
  dialog.setAttribute("aria-labelledby", "cart-title");
  dialog.innerHTML = "<section></section><p class=unseen role=status></p>";
  const show = (part, { form, address, button }) => {
    link.replaceChildren(...part.querySelector("template").content.firstElementChild.childNodes);
    remember();
    dialog.firstChild.replaceWith(part);
    if (!dialog.open) {
      dialog.append(toast);
      document.body.append(dialog);
      // Beside the list of what is recorded, which stays in use; elsewhere over the page.
      if (document.getElementById("emitted") && window.matchMedia("(min-width: 75rem)").matches) dialog.show();
      else dialog.showModal();
      if (!history.state?.cart) history.pushState({ cart: true }, "");
    }
    const find = (css) => part.querySelector(css);
    const product = form?.elements.product_id?.value;
    const same = button && pressed && find(pressed);
    const alike = form && product && find(`form[action="${address}"] [name=product_id][value="${product}"] ~ button`);
    (find("[autofocus]") ?? find(".notice button") ?? same ?? alike ?? find("h2")).focus();
    dialog.querySelector(":scope > .unseen").textContent = (find(".notice p, .alert") ?? link.querySelector(".unseen")).textContent;
  };

  // ---- One after the other.
  const waiting = [];
  let refused = null; // the form that is sent the ordinary way
  let alert = null; // what was refused before the last answer
  const ask = (one) => {
    // A hasty second click.
    if (waiting.some(({ from, address, body }) => from === one.from && address === one.address && body === one.body)) return;
    waiting.push({ ...one, sent: tokened(one.body) });
    one.from.setAttribute("aria-busy", "true");
    say(link.dataset.busy);
    if (waiting.length === 1) work();
  };
  // Each click is a wish of its own, also for what stands twice on the page; sent again, it has the same token.
  const tokened = (body) => {
    if (body === undefined) return undefined;
    const fields = new URLSearchParams(body);
    if (fields.has("once")) fields.set("once", crypto.getRandomValues(new BigUint64Array(1))[0].toString(16).padStart(16, "0"));
    return fields;
  };
  const send = async ({ address, sent, part }) => {
    const how = sent === undefined ? {} : { method: "POST", body: sent };
    const answer = await fetch(address, { ...how, headers: { "x-part": part }, redirect: part === "cart" ? "follow" : "manual" });
    return { status: answer.status, done: answer.ok || answer.type === "opaqueredirect", html: part === "cart" ? await answer.text() : "" };
  };
  const work = async () => {
    while (waiting.length) {
      const one = waiting[0];
      let answer = null;
      // A form with a token, or whose outcome is a state, can be sent again when its answer was lost.
      for (let times = 0; times < 2 && !answer; times += 1) answer = await send(one).catch(() => null);
      waiting.shift();
      if (!waiting.some(({ from }) => from === one.from)) one.from.removeAttribute("aria-busy");
      if (!waiting.length) say("");
      if (answer) took(one, answer);
      else failed.push(one);
    }
    if (failed.length) sayLost();
  };
  const took = (one, { status, done, html }) => {
    const { form } = one;
    if (one.part === "wish") {
      if (done) toggled(form);
      else ordinary(form);
      return;
    }
    const holder = document.createElement("template");
    holder.innerHTML = html;
    const part = holder.content.querySelector("[data-cart]");
    if (!part) {
      if (form && status >= 400 && status < 500) ordinary(form, one.button);
      else location.assign("/cart");
      return;
    }
    alert ??= part.querySelector(".alert");
    // What is about to be asked has the answer that shows.
    if (timer || waiting.some(({ part }) => part === "cart")) return;
    if (alert && !part.contains(alert)) part.querySelector(".section-head").after(alert);
    alert = null;
    show(part, one);
  };
  const ordinary = (form, button) => {
    refused = form;
    form.requestSubmit(button);
  };
  const toggled = (form) => {
    const wished = form.action.endsWith("/add");
    const id = form.elements.product_id.value;
    for (const input of document.querySelectorAll(`.tile-wish [name=product_id][value="${id}"]`)) {
      input.form.setAttribute("action", wished ? "/wishlist/remove" : "/wishlist/add");
      input.form.querySelector("button").setAttribute("aria-pressed", String(wished));
    }
    const wishes = document.querySelector(".tools a[href='/wishlist']");
    counts(wishes, Number(wishes.querySelector(".count").textContent) + (wished ? 1 : -1));
  };

  // Before main.js, which then knows that they lead nowhere.
  const inPlace = !/^\/(cart|checkout|wishlist)/.test(location.pathname); // these show the cart themselves
  window.addEventListener("submit", (event) => {
    const { target: form, submitter } = event;
    const address = submitter?.getAttribute("formaction") ?? form.getAttribute("action");
    const isHeart = form.matches(".tile-wish");
    const isHere = /^\/cart\/(add|update|remove|later)$/.test(address) || (address === "/wishlist/to-cart" && dialog.contains(form));
    if (form === refused || !(isHeart || (inPlace && isHere))) return;
    event.preventDefault();
    // The form of the quantities has an id: they go with it.
    if (form.id) timer = clearTimeout(timer);
    const body = new URLSearchParams(new FormData(form, submitter)).toString();
    ask({ from: submitter ?? form, form, button: form.id ? submitter : null, address, body, part: isHeart ? "wish" : "cart" });
  }, true);
  if (!inPlace) return;
  window.addEventListener("click", (event) => {
    if (!link.contains(event.target) || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    ask({ from: link, address: "/cart", part: "cart" });
  }, true);
  // The dialog itself is hit beside what it shows.
  dialog.addEventListener("click", ({ target }) => { if (target === dialog || target.closest("[data-close]")) dialog.close(); });
  dialog.addEventListener("keydown", ({ key }) => { if (key === "Escape") dialog.close(); });
  dialog.addEventListener("close", () => {
    document.body.append(toast);
    if (history.state?.cart) history.back();
  });
  window.addEventListener("popstate", () => { if (dialog.open) dialog.close(); });
  // A page that the browser had kept shows the cart as it was.
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    dialog.close();
    remembered();
  });
})();
