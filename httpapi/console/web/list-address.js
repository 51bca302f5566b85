// @ts-check
// Where the list of customers was last, so that the way back leads to the same
// filters and page.

import { addressOf } from "./router.js";

const key = "crms.list";

/** @param {string} address */
export function rememberList(address) {
  sessionStorage.setItem(key, address);
}

export const lastList = () => sessionStorage.getItem(key) ?? addressOf("customers");
