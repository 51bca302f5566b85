// @ts-check
// Query strings, as the API and the console's own addresses have them.

/** @typedef {Record<string, string | number | null | undefined>} Query */

/**
 * A path with a query. What is empty is left out.
 *
 * @param {string} path
 * @param {Query} [query]
 */
export function withQuery(path, query = {}) {
  const given = Object.entries(query).filter(([, v]) => v !== null && v !== undefined && v !== "");
  const search = new URLSearchParams(given.map(([k, v]) => [k, String(v)])).toString();
  return search === "" ? path : `${path}?${search}`;
}
