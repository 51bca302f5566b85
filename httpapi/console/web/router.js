// @ts-check
// Addresses within the console: #/customers?status=Active&page=3. The whole state
// that is worth sharing is in them.

import { withQuery } from "./query.js";

/** @import { Query } from "./query.js" */

/**
 * @typedef {Object} Place
 * @property {string[]} path segments, unescaped
 * @property {URLSearchParams} query
 */

/** The place that the address bar shows. @returns {Place} */
export function currentPlace() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  return { path: path.split("/").filter(Boolean).map(unescaped), query: new URLSearchParams(query) };
}

/** @param {string} segment */
function unescaped(segment) {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/**
 * The address of a place, for links.
 *
 * @param {string} path such as "customers/6979a1b1a6db796b4a1447e9"
 * @param {Query} [query] empty values are left out
 */
export const addressOf = (path, query) => `#/${withQuery(path, query)}`;

/**
 * Goes to an address, as a step that the back button takes back. Whoever listens
 * to hashchange has heard of it when this returns.
 *
 * @param {string} address
 */
export function go(address) {
  if (address === location.hash) return;
  history.pushState(null, "", address);
  dispatchEvent(new HashChangeEvent("hashchange"));
}

/**
 * Goes to an address in place of the present one: for what is typed letter by
 * letter, where each letter is no step of its own.
 *
 * @param {string} address
 */
export function replace(address) {
  if (address === location.hash) return;
  history.replaceState(null, "", address);
  dispatchEvent(new HashChangeEvent("hashchange"));
}
