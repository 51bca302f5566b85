// @ts-check
// Modal dialogs. The browser keeps the focus inside and gives it back afterwards.

import { el, uniqueId } from "./dom.js";

/** @import { Child } from "./dom.js" */

/**
 * Opens a dialog and waits until it is closed. Esc and Cancel close it without a result.
 *
 * @template T
 * @param {Object} o
 * @param {string} o.title
 * @param {string} [o.testid]
 * @param {boolean} [o.wide]
 * @param {(close: (result?: T) => void) => HTMLElement | DocumentFragment} o.content makes what stands below the title
 * @returns {Promise<T | undefined>}
 */
export function openDialog({ title, testid, wide = false, content }) {
  const heading = uniqueId("dialog");
  return new Promise((resolve) => {
    /** @type {T | undefined} */
    let result;
    const dialog = el("dialog", { class: wide ? "dialog wide" : "dialog", "aria-labelledby": heading, dataset: { testid } });
    /** @param {T} [value] */
    const close = (value) => {
      result = value;
      dialog.close();
    };
    dialog.append(el("div", { class: "dialog-form" }, el("h2", { id: heading }, title), content(close)));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(result);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/**
 * Asks yes or no.
 *
 * @param {{title: string, text: string, yes: string, no?: string, danger?: boolean}} o
 * @returns {Promise<boolean>}
 */
export async function confirmed({ title, text, yes, no = "Cancel", danger = false }) {
  const answer = await openDialog({
    title, testid: "confirm",
    content: (close) => {
      const buttons = el("div", { class: "dialog-end" },
        el("button", { class: "button", type: "button", on: { click: () => close(false) } }, no),
        el("button", { class: danger ? "button danger" : "button primary", type: "button", on: { click: () => close(true) } }, yes));
      return el("div", { class: "stack" }, el("p", null, text), buttons);
    },
  });
  return answer === true;
}
