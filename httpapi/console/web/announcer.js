// @ts-check
// What is said without being asked: to screen readers in the live region, and as
// a toast to everybody.

import { el } from "./dom.js";
import { icon } from "./icons.js";

/**
 * Says something to screen readers only.
 *
 * @param {string} text
 */
export function announce(text) {
  const region = /** @type {HTMLElement} */ (document.getElementById("announcer"));
  // The same text again is only said when the region was empty in between.
  region.textContent = "";
  setTimeout(() => { region.textContent = text; }, 50);
}

const shownFor = 6000;

/**
 * Shows a short message for some seconds, and says it.
 *
 * @param {string} text
 */
export function toast(text) {
  const close = el("button", { class: "button quiet icon", type: "button", "aria-label": "Close message" }, icon("close"));
  const message = el("div", { class: "toast", dataset: { testid: "toast" } }, el("p", null, text), close);
  const remove = () => message.remove();
  close.addEventListener("click", remove);
  let timer = setTimeout(remove, shownFor);
  message.addEventListener("pointerenter", () => clearTimeout(timer));
  message.addEventListener("focusin", () => clearTimeout(timer));
  message.addEventListener("pointerleave", () => { timer = setTimeout(remove, shownFor); });
  document.getElementById("toasts")?.replaceChildren(message); // the last one is what counts
  announce(text);
}
