// @ts-check
// The console's pages as one table.

/** @import { Api } from "./api.js" */

/**
 * What a page gets to know.
 *
 * @typedef {Object} Context
 * @property {Api} api
 * @property {Record<string, string>} params the path's named segments
 * @property {URLSearchParams} query
 * @property {string[]} from the path of the page before, empty for the first
 * @property {AbortSignal} signal aborted when the page is left: pass it to every request
 * @property {(title: string) => void} retitle for a title that is known only after loading
 *
 * What a page module's `page(context)` answers, at once and without waiting for data.
 *
 * @typedef {Object} Page
 * @property {string} title
 * @property {HTMLElement} element with one h1
 * @property {(query: URLSearchParams) => void} [update] takes another query on the same path; without it
 *   the page is made anew
 * @property {() => boolean} [isDirty] whether leaving loses something
 * @property {() => void} [leave]
 *
 * @typedef {Object} Route
 * @property {string} path with named segments behind a colon
 * @property {string} [tab] its name in the navigation
 * @property {string} within the tab that it belongs to
 * @property {() => Promise<{page: (context: Context) => Page}>} load
 */

/** @type {Route[]} */
export const routes = [
  { path: "customers", tab: "Customers", within: "customers", load: () => import("./customers.js") },
  { path: "customers/:id", within: "customers", load: () => import("./customer.js") },
  { path: "dashboard", tab: "Dashboard", within: "dashboard", load: () => import("./dashboard.js") },
  { path: "operations", tab: "Operations", within: "operations", load: () => import("./operations.js") },
];

/** Where the console opens. */
export const home = "customers";

/**
 * Finds the page of a path.
 *
 * @param {string[]} path
 * @returns {{route: Route, params: Record<string, string>} | null}
 */
export function routeOf(path) {
  for (const route of routes) {
    const params = matched(route.path.split("/"), path);
    if (params) return { route, params };
  }
  return null;
}

/** @param {string[]} pattern @param {string[]} path */
function matched(pattern, path) {
  if (pattern.length !== path.length) return null;
  /** @type {Record<string, string>} */
  const params = {};
  for (const [i, part] of pattern.entries()) {
    if (part.startsWith(":")) params[part.slice(1)] = path[i];
    else if (part !== path[i]) return null;
  }
  return params;
}
