// @ts-check
// A customer's history, newest first, in pages that are added below.

import { el, fill } from "./dom.js";
import { moment } from "./format.js";
import { isAborted } from "./http.js";
import { preferenceText } from "./preferences.js";
import { errorState, skeletonLines } from "./states.js";

/** @import { Api, HistoryEntry } from "./api.js" */

const pageSize = 10;

export class Timeline {
  #api;
  #id;
  #signal;
  #page = 0;
  #list = el("ol", { class: "timeline", id: "timeline", "aria-label": "History, newest first" });
  #more = el("button", { class: "button", type: "button", id: "timeline-more", hidden: true }, "Show older");
  #message = el("div");

  /** @param {Api} api @param {string} id @param {AbortSignal} signal */
  constructor(api, id, signal) {
    this.#api = api;
    this.#id = id;
    this.#signal = signal;
    this.#more.addEventListener("click", () => this.#showOlder());
    this.element = el("section", { class: "card", "aria-labelledby": "timeline-title" },
      el("div", { class: "card-head" }, el("h2", { id: "timeline-title" }, "History")),
      el("div", { class: "card-body stack" }, this.#list, this.#message, this.#more));
    fill(this.#message, skeletonLines(6));
  }

  /** Shows the newest entries. */
  async load() {
    this.#page = 0;
    await this.#fetch((entries) => fill(this.#list, entries));
  }

  async #showOlder() {
    await this.#fetch((entries) => {
      this.#list.append(...entries);
      entries[0]?.focus();
    });
  }

  /** @param {(entries: HTMLElement[]) => void} show */
  async #fetch(show) {
    this.#more.setAttribute("aria-busy", "true");
    try {
      const { items, pagination } = await this.#api.history(this.#id, { page: this.#page + 1, limit: pageSize }, this.#signal);
      this.#page = pagination.page;
      fill(this.#message, pagination.totalCount === 0 && el("p", { class: "soft" }, "Nothing has been changed yet."));
      show(items.map(entryElement));
      this.#more.hidden = !pagination.hasNext;
    } catch (error) {
      if (!isAborted(error)) fill(this.#message, errorState(error, () => this.#fetch(show)));
    } finally {
      this.#more.removeAttribute("aria-busy");
    }
  }
}

/** @type {Record<string, string>} */
const actions = { created: "Created", updated: "Profile changed", statusChanged: "Status changed", typeChanged: "Type changed", noteAdded: "Note added" };

/** @type {Record<string, string>} */
const fieldNames = {
  fullName: "Name", email: "Email", contactNumber: "Phone", customerStatus: "Status", customerType: "Type", tags: "Tags", preferences: "Preferences",
};

/** @param {HistoryEntry} entry */
function entryElement({ action, by, at, changes, reason }) {
  return el("li", { class: `entry ${action}`, tabindex: -1 },
    el("p", { class: "entry-what" }, el("strong", null, actions[action] ?? action), changeLines(action, changes)),
    reason && el("p", { class: "entry-reason" }, reason),
    el("p", { class: "hint" }, by, ", ", moment(at)));
}

/** @param {string} action @param {HistoryEntry["changes"]} changes */
function changeLines(action, changes) {
  const known = Object.entries(changes).filter(([name]) => name in fieldNames);
  if (action === "created" || action === "noteAdded") return null;
  return known.map(([name, { from, to }]) => el("span", { class: "entry-change" },
    known.length > 1 || action === "updated" ? `${fieldNames[name]}: ` : "",
    name === "tags" ? listChange(from ?? [], to ?? []) : name === "preferences" ? objectChange(from ?? {}, to ?? {}) : valueChange(from, to)));
}

/** @param {any} from @param {any} to */
const valueChange = (from, to) => [el("del", null, from ?? "none"), " → ", el("ins", null, to ?? "none")];

/** @param {string[]} from @param {string[]} to */
function listChange(from, to) {
  const gone = from.filter((t) => !to.includes(t));
  const come = to.filter((t) => !from.includes(t));
  return [gone.map((t) => [el("del", null, t), " "]), come.map((t) => [el("ins", null, `+ ${t}`), " "]), gone.length + come.length === 0 && "another order"];
}

/** @param {Record<string, any>} from @param {Record<string, any>} to */
function objectChange(from, to) {
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])];
  const text = (/** @type {any} */ value) => value === undefined ? "none" : preferenceText(value);
  return names.filter((n) => JSON.stringify(from[n]) !== JSON.stringify(to[n])).map((n, i) =>
    [i > 0 && ", ", `${n} `, el("del", null, text(from[n])), " → ", el("ins", null, text(to[n]))]);
}
