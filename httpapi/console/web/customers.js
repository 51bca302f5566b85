// @ts-check
// The page of all customers: list, filters, search.

import { announce } from "./announcer.js";
import { CustomerTable } from "./customer-table.js";
import { el, fill } from "./dom.js";
import { Filters } from "./filters.js";
import { count, zoneName } from "./format.js";
import { isAborted } from "./http.js";
import { icon } from "./icons.js";
import { createCustomer } from "./new-customer.js";
import { rememberList } from "./list-address.js";
import { Pager } from "./pager.js";
import { addressOf, go, replace } from "./router.js";
import { SearchBox } from "./search-box.js";
import { focusSearch } from "./shortcuts.js";
import { emptyState, errorState } from "./states.js";

/** @import { CustomerItem, Page as PageOf } from "./api.js" */
/** @import { Filter } from "./filters.js" */
/** @import { Context, Page } from "./routes.js" */

/**
 * What the page shows, all of it in its address.
 *
 * @typedef {Filter & {q: string, page: number, limit: number}} State
 */

const usualLimit = 20;

/** @param {Context} context @returns {Page} */
export function page(context) {
  const customers = new Customers(context);
  return {
    title: "Customers", element: customers.element,
    update: (query) => customers.update(query), leave: () => customers.leave(),
  };
}

class Customers {
  #context;
  #state;
  /** @type {AbortController | null} */
  #loading = null;
  /** @type {Promise<void>} */
  #loaded = Promise.resolve();
  #total = el("span", { class: "soft total", dataset: { testid: "total" } });
  #table = new CustomerTable(() => this.#search.focus());
  #filters = new Filters((filter) => this.#go({ ...this.#state, ...filter, page: 1 }));
  #pager = new Pager({
    addressOf: (page) => addressFor({ ...this.#state, page }),
    onSize: (limit) => this.#go({ ...this.#state, limit, page: 1 }),
  });
  #search = new SearchBox({
    onText: (q) => this.#searchFor(q),
    onEnter: () => this.#loaded.then(() => this.#table.openOnlyRow()),
    onDown: () => this.#table.focusRow(),
  });

  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
    this.#state = stateOf(context.query);
    const create = el("button", { class: "button primary push", type: "button", id: "new-customer", on: { click: () => createCustomer(context.api) } }, icon("plus"), "New customer");
    this.element = el("div", { class: "stack customers" },
      el("div", { class: "page-head" }, el("h1", null, "Customers"), this.#total, create),
      el("div", { class: "toolbar" }, this.#search.element, this.#filters.element),
      this.#table.element, this.#pager.element,
      el("p", { class: "hint" }, `Days and times are in ${zoneName()}.`));
    this.#table.showSkeleton(this.#state.limit);
    this.#load();
    this.#loaded.then(() => this.#placeFocus());
  }

  /** @param {URLSearchParams} query */
  update(query) {
    this.#state = stateOf(query);
    this.#load();
  }

  leave() {
    this.#loading?.abort();
    this.#search.stop();
  }

  /** Whoever comes back from a customer finds its row again. */
  #placeFocus() {
    const [section, id] = this.#context.from;
    if (sessionStorage.getItem(focusSearch)) {
      sessionStorage.removeItem(focusSearch);
      this.#search.focus();
    } else if (section === "customers" && id) {
      this.#table.focusRow(id);
    }
  }

  /** @param {State} state */
  #go(state) {
    go(addressFor(state));
  }

  /**
   * The first letters are a step that the back button takes back; those that
   * follow are none of their own.
   *
   * @param {string} q
   */
  #searchFor(q) {
    if (q === this.#state.q) return;
    const address = addressFor({ ...this.#state, q, page: 1 });
    if (this.#state.q === "" || q === "") go(address);
    else replace(address);
  }

  #load() {
    rememberList(location.hash);
    this.#search.show(this.#state.q);
    this.#filters.show(this.#state, this.#state.q !== "");
    this.#pager.showSize(this.#state.limit);
    this.#loaded = this.#fetch();
  }

  async #fetch() {
    this.#loading?.abort();
    const loading = this.#loading = new AbortController();
    this.#table.busy(true);
    try {
      const page = await this.#ask(AbortSignal.any([this.#context.signal, loading.signal]));
      this.#show(page);
    } catch (error) {
      if (isAborted(error)) return;
      this.#total.textContent = "";
      this.#table.showInstead(errorState(error, () => this.#load()));
      this.#pager.element.hidden = true;
    }
  }

  /** @param {AbortSignal} signal */
  #ask(signal) {
    const { q, status, type, from, to, page, limit } = this.#state;
    const { api } = this.#context;
    if (q !== "") return api.search({ q, page, limit }, signal);
    return api.customers({ status, customerType: type, fromDate: from, toDate: to, page, limit }, signal);
  }

  /** @param {PageOf<CustomerItem>} answer */
  #show({ items, pagination }) {
    const total = this.#state.q === "" ? count(pagination.totalCount, "customer") : `${count(pagination.totalCount, "match", "matches")} for “${this.#state.q}” among all customers`;
    fill(this.#total, total);
    announce(pagination.totalPages > 1 ? `${total}, page ${pagination.page} of ${pagination.totalPages}` : total);
    this.#pager.show(pagination, items.length);
    this.#pager.element.hidden = pagination.totalCount === 0;
    if (items.length > 0) this.#table.showRows(items, this.#state.q);
    else this.#table.showInstead(this.#nothing(pagination.totalPages));
  }

  /** @param {number} pages */
  #nothing(pages) {
    const state = this.#state;
    if (pages > 0) {
      return emptyState({
        title: `There is no page ${state.page}`, text: `The list ends with page ${pages}.`,
        actions: [el("a", { class: "button", href: addressFor({ ...state, page: pages }) }, "Go to the last page")],
      });
    }
    if (state.q !== "") {
      return emptyState({
        title: `Nobody found for “${state.q}”`, text: "Names, emails and phone numbers are searched; small typing errors are forgiven.",
        actions: [el("a", { class: "button", href: addressFor({ ...state, q: "", page: 1 }) }, "Show all customers")],
      });
    }
    if (state.status || state.type || state.from || state.to) {
      return emptyState({
        title: "No customer matches these filters",
        actions: [el("a", { class: "button", href: addressOf("customers") }, "Clear filters")],
      });
    }
    return emptyState({ title: "No customers yet", text: "They appear here when they register, are imported, or are created by hand." });
  }
}

/** @param {URLSearchParams} query @returns {State} */
function stateOf(query) {
  const text = (/** @type {string} */ name) => query.get(name) ?? "";
  const number = (/** @type {string} */ name, /** @type {number} */ usual) => Number(query.get(name) ?? usual) || usual;
  return {
    q: text("q"), status: text("status"), type: text("type"), from: text("from"), to: text("to"),
    page: number("page", 1), limit: number("limit", usualLimit),
  };
}

/** The shortest address of a state: what is usual is left out. @param {State} state */
function addressFor({ page, limit, ...rest }) {
  return addressOf("customers", { ...rest, page: page === 1 ? null : page, limit: limit === usualLimit ? null : limit });
}
