// What helps with a long form; only the pages of an order have it.
//
// Promises: without this file, the form keeps what the shop knows. What was typed into a form that asks for it (data-keep) stays in this
// tab until it was sent for good: it is found again after Back, after a refusal, in another language.
(() => {
  "use strict";
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

  // A field that is being mended is no longer wrong; whether it is right the shop says.
  window.addEventListener("input", ({ target }) => {
    if (!target.matches("[aria-invalid]")) return;
    target.removeAttribute("aria-invalid");
    document.getElementById(`${target.id}-error`)?.replaceChildren();
  });

  // 01012345678 reads as 010-1234-5678 while it is typed.
  document.querySelector("#phone")?.addEventListener("input", ({ target, inputType }) => {
    if (inputType?.startsWith("delete") || target.selectionStart !== target.value.length || !/^01[\d-]*$/.test(target.value)) return;
    const digits = target.value.replaceAll("-", "").slice(0, 11);
    target.value = [digits.slice(0, 3), digits.slice(3, 7), digits.slice(7)].filter(Boolean).join("-");
  });
})();
