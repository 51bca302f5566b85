// @ts-check
// Keys that work on every page.

import { addressOf, currentPlace, go } from "./router.js";

/** Where the search is asked to take the focus as soon as it is there. */
export const focusSearch = "focus-search";

/** `/` leads to the search from everywhere. */
export function listenForShortcuts() {
  addEventListener("keydown", (event) => {
    if (event.key !== "/" || isTaken(event)) return;
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

/**
 * Whether a key means something to what has the focus or is open above the page.
 *
 * @param {KeyboardEvent} event
 */
export function isTaken(event) {
  const { target } = event;
  return event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey ||
    document.querySelector("dialog[open], :popover-open") !== null ||
    (target instanceof HTMLElement && target.matches("input:not([type=checkbox], [type=radio]), textarea, select"));
}
