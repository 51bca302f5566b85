// @ts-check
// What stands where content would be: while it loads, when there is none, when it
// cannot be had.

import { el } from "./dom.js";
import { ApiError } from "./http.js";

/** @import { Child } from "./dom.js" */

/**
 * @param {{title: string, text?: string, actions?: Child[]}} o
 */
export function emptyState({ title, text, actions = [] }) {
  return el("div", { class: "state" }, el("h2", null, title), text && el("p", null, text), actions.length > 0 && el("div", { class: "row" }, actions));
}

/**
 * Says what went wrong and what can be done about it. When the server says how long to wait,
 * the retry happens by itself after that.
 *
 * @param {unknown} error
 * @param {() => void} [retry]
 */
export function errorState(error, retry) {
  const { title, text } = explained(error);
  const wait = retry && error instanceof ApiError ? error.retryAfter : null;
  const again = retry && el("button", { class: "button", type: "button", on: { click: retry } }, "Try again");
  const state = el("div", { class: "state", role: "alert", dataset: { testid: "error" } },
    el("h2", null, title), (text || wait !== null) && el("p", null, text, wait !== null && " The console does so by itself."), again && el("div", { class: "row" }, again));
  if (retry && wait !== null) {
    setTimeout(() => { if (state.isConnected) retry(); }, Math.max(wait, 1) * 1000);
  }
  return state;
}

/**
 * An error in words for people.
 *
 * @param {unknown} error
 * @returns {{title: string, text: string}}
 */
export function explained(error) {
  if (!(error instanceof ApiError)) {
    return { title: "Something went wrong", text: `The console has a fault: ${error instanceof Error ? error.message : error}` };
  }
  const wait = error.retryAfter === null ? "Try again in a moment." : `Try again in ${Math.max(error.retryAfter, 1)} s.`;
  switch (error.status) {
    case 0:
      return { title: navigator.onLine ? "No connection to the server" : "You are offline", text: `${error.message}. Try again when the connection is back: nothing that you see is lost.` };
    case 401:
      return { title: "Signed out", text: "Sign in again to go on." };
    case 403:
      return { title: "Not allowed", text: error.message };
    case 404:
      return { title: error.message, text: "It may have been deleted, or the address is wrong." };
    case 429:
      return { title: "Too many requests", text: wait };
    case 503:
      return { title: "Not available right now", text: `${error.message}. ${wait}` };
  }
  if (error.status >= 500) {
    return { title: "The server has a fault", text: `${error.message}.${error.requestId && ` The log has the cause under ${error.requestId}.`}` };
  }
  const problems = error.fields.map((f) => `${f.field} ${f.message}`).join("; ");
  return { title: error.message, text: problems };
}

/**
 * Lines that stand for text while it loads.
 *
 * @param {number} lines
 */
export function skeletonLines(lines) {
  const widths = ["w80", "w60", "w40"];
  return el("div", { class: "stack", "aria-hidden": "true" },
    Array.from({ length: lines }, (_, i) => el("span", { class: `skeleton ${widths[i % widths.length]}` })));
}
