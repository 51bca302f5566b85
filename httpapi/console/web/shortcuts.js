// @ts-check
// Keys that work on every page.

import { addressOf, currentPlace, go } from "./router.js";

/** Where the search is asked to take the focus as soon as it is there. */
export const focusSearch = "focus-search";

/** `/` leads to the search from everywhere. */
export function listenForShortcuts() {
  addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    const search = document.getElementById("search");
    if (search) {
      search.focus();
      /** @type {HTMLInputElement} */ (search).select();
    } else if (document.getElementById("bar")?.hidden === false) {
      sessionStorage.setItem(focusSearch, "1");
      if (currentPlace().path.join("/") !== "customers") go(addressOf("customers"));
    }
  });
}

/** @param {EventTarget | null} target */
function isTyping(target) {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input:not([type=checkbox], [type=radio]), textarea, select"));
}
