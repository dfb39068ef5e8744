// Draws clicks on a page of the shop that was drawn again: each at its place within its element, wherever that lies at this width.
// Runs in a sandboxed frame of /insights; a document without marks stays as it is.
(() => {
  "use strict";
  const marks = [...document.querySelectorAll(".click-marks > li")];
  // What main.js calls an element; tests/insights.rs holds the two together.
  const path = (address) => { try { return new URL(address, document.baseURI).pathname; } catch { return ""; } };
  const stable = ({ id, dataset, name, form, type, href, role, localName }) => {
    if (id || name) return id ? "#" + id : `field:${name}`;
    if (dataset.cartAction) return `cart-${dataset.cartAction}:${dataset.productId ?? ""}`;
    return form && type === "submit" ? `submit:${path(form.action)}` : typeof href === "string" && href ? `link:${path(href)}` : role ?? localName;
  };
  const elements = new Map();
  for (const element of document.body.querySelectorAll("*")) {
    if (element.closest(".click-marks")) continue;
    const name = stable(element).slice(0, 100);
    elements.set(name, [...(elements.get(name) ?? []), element]);
  }
  const number = (mark, name) => Number(mark.dataset[name]);
  // Of several elements of one name the one that lies nearest to where the click was on the whole page.
  const nearest = (mark) => {
    const page = document.documentElement;
    const [x, y] = [number(mark, "pageX") / 100 * page.scrollWidth, number(mark, "pageY") / 100 * page.scrollHeight];
    const far = (box) => Math.hypot(box.left + box.width / 2 + scrollX - x, box.top + box.height / 2 + scrollY - y);
    const boxes = (elements.get(mark.dataset.element) ?? []).map((element) => element.getBoundingClientRect());
    return boxes.filter((box) => box.width > 0 && box.height > 0).sort((a, b) => far(a) - far(b))[0];
  };
  const place = () => {
    let lost = 0;
    for (const mark of marks) {
      const box = nearest(mark);
      mark.hidden = !box;
      if (!box) { lost += number(mark, "count"); continue; }
      mark.style.left = `${box.left + scrollX + box.width * number(mark, "x") / 100}px`;
      mark.style.top = `${box.top + scrollY + box.height * number(mark, "y") / 100}px`;
    }
    const said = document.querySelector(".click-marks-lost");
    said.hidden = lost === 0;
    said.textContent = `${lost} of the clicks are on elements that the page as it is drawn here doesn't show.`;
  };
  if (!marks.length) return;
  place();
  window.addEventListener("resize", place);
  window.addEventListener("load", place);
})();
