// @ts-check
// The dashboard: the analytics as figures and charts.

import { announce } from "./announcer.js";
import { barList } from "./charts.js";
import { el, fill } from "./dom.js";
import { whileBusy } from "./fields.js";
import { moment, money, whole, zoneName } from "./format.js";
import { isAborted } from "./http.js";
import { icon } from "./icons.js";
import { Registrations } from "./registrations.js";
import { addressOf, replace } from "./router.js";
import { emptyState, errorState, explained, skeletonLines } from "./states.js";

/** @import { Bar } from "./charts.js" */
/** @import { Context, Page } from "./routes.js" */

/**
 * @typedef {Object} Analytics
 * @property {Record<"totalCustomers" | "activeCustomers" | "inactiveCustomers" | "suspendedCustomers" | "newCustomersToday" | "newCustomersThisWeek" | "newCustomersThisMonth", number>} summary
 * @property {Record<string, number>} customerTypes
 * @property {{totalOrders: number, totalRevenue: number, averageOrdersPerCustomer: number, averageRevenuePerCustomer: number}} orderMetrics
 * @property {{totalComplaints: number, openComplaints: number, complaintRate: number, averageComplaintsPerCustomer: number}} complaintMetrics
 * @property {TopCustomer[]} topCustomers
 *
 * @typedef {{customerId: string, fullName: string, email: string, totalOrders: number, totalOrderValue: number}} TopCustomer
 */

/** @type {Array<{name: string, value: (a: Analytics) => string, note: (a: Analytics) => string}>} */
const figures = [
  { name: "Customers", value: (a) => whole(a.summary.totalCustomers), note: (a) => `${whole(a.summary.activeCustomers)} active` },
  { name: "Orders", value: (a) => whole(a.orderMetrics.totalOrders), note: (a) => `${money(a.orderMetrics.averageOrdersPerCustomer)} per customer` },
  { name: "Order value", value: (a) => money(a.orderMetrics.totalRevenue), note: (a) => `${money(a.orderMetrics.averageRevenuePerCustomer)} per customer` },
  { name: "Complaints", value: (a) => whole(a.complaintMetrics.totalComplaints), note: (a) => `${whole(a.complaintMetrics.openComplaints)} open, ${money(a.complaintMetrics.averageComplaintsPerCustomer)} per customer` },
  { name: "Complaint rate", value: (a) => money(a.complaintMetrics.complaintRate), note: () => "per 100 orders" },
];

/** @param {Context} context @returns {Page} */
export function page(context) {
  const dashboard = new Dashboard(context);
  return { title: "Dashboard", element: dashboard.element, update: (query) => dashboard.update(query) };
}

class Dashboard {
  #context;
  #registrations;
  #asOf = el("p", { class: "soft", id: "as-of" }, "Loading…");
  #refresh = el("button", { class: "button push", type: "button", id: "refresh", on: { click: () => this.#refreshAll() } }, icon("refresh"), "Refresh");
  #problem = el("div");
  #figures = el("div", { class: "card" });
  #byStatus = el("div", { class: "card-body" }, skeletonLines(3));
  #byType = el("div", { class: "card-body" }, skeletonLines(3));
  #top = el("div", { class: "card-body" }, skeletonLines(10));
  #content;
  #isFilled = false;

  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
    this.#registrations = new Registrations(context, (range) => replace(addressOf("dashboard", { range })));
    this.#content = el("div", { class: "stack" },
      this.#figures, this.#registrations.element,
      el("div", { class: "dashboard-columns" },
        el("div", { class: "stack" }, card("Customers by status", this.#byStatus), card("Customers by type", this.#byType)),
        card("Top customers by order value", this.#top)));
    this.element = el("div", { class: "stack dashboard" },
      el("div", { class: "page-head" }, el("h1", null, "Dashboard"), this.#asOf, this.#refresh), this.#problem, this.#content);
    this.#showFigures(null);
    this.#registrations.choose(context.query);
    this.#load();
  }

  /** @param {URLSearchParams} query */
  update(query) {
    this.#registrations.choose(query);
    this.#registrations.load();
  }

  #refreshAll() {
    return whileBusy(this.#refresh, async () => {
      if (await this.#load()) announce("Figures refreshed");
    });
  }

  /** @returns {Promise<boolean>} whether the figures are those of now */
  async #load() {
    try {
      const { api, signal } = this.#context;
      const [analytics, asOf] = await Promise.all([api.analytics(signal), this.#registrations.load()]);
      this.#show(analytics, asOf);
      return true;
    } catch (error) {
      if (!isAborted(error)) this.#complain(error);
      return false;
    }
  }

  /** @param {Analytics} analytics @param {string | null} asOf by the server's clock */
  #show(analytics, asOf) {
    this.#isFilled = true;
    this.#content.hidden = false;
    fill(this.#problem);
    fill(this.#asOf, asOf && ["As of ", moment(asOf), " · "], `Days in ${zoneName()}`);
    this.#showFigures(analytics);
    fill(this.#byStatus, statusBars(analytics));
    fill(this.#byType, typeBars(analytics));
    fill(this.#top, topCustomers(analytics.topCustomers));
    this.#top.classList.toggle("flush", analytics.topCustomers.length > 0);
  }

  /** Figures that are there stay, as of the moment that they show. @param {unknown} error */
  #complain(error) {
    if (!this.#isFilled) {
      this.#asOf.textContent = "";
      this.#content.hidden = true;
      fill(this.#problem, el("div", { class: "card" }, errorState(error, () => this.#refreshAll())));
      return;
    }
    const { title, text } = explained(error);
    fill(this.#problem, el("div", { class: "notice warn" }, el("strong", null, `Not refreshed: ${title}`), el("p", null, text)));
    announce(`Not refreshed: ${title}`);
  }

  /** @param {Analytics | null} a null while it loads */
  #showFigures(a) {
    fill(this.#figures, el("dl", { class: "figures dashboard-figures" },
      figures.map(({ name, value, note }) => el("div", null,
        el("dt", null, name),
        el("dd", null, a ? value(a) : el("span", { class: "skeleton w60" })),
        el("dd", { class: "note" }, a ? note(a) : el("span", { class: "skeleton w40" }))))));
    this.#registrations.showTotals(a?.summary ?? null);
  }
}

/** @param {string} title @param {HTMLElement} body */
function card(title, body) {
  return el("section", { class: "card" }, el("div", { class: "card-head" }, el("h2", null, title)), body);
}

/** @param {Analytics} analytics */
function statusBars({ summary }) {
  return customerBars("Customers by status", "status", [
    { label: "Active", value: summary.activeCustomers, tone: "good" },
    { label: "Inactive", value: summary.inactiveCustomers, tone: "muted" },
    { label: "Suspended", value: summary.suspendedCustomers, tone: "bad" },
  ]);
}

/** @type {Record<string, Bar["tone"]>} */
const toneOfType = { Premium: "violet", VIP: "warning" };

/** @param {Analytics} analytics */
function typeBars({ customerTypes }) {
  return customerBars("Customers by type", "type", Object.entries(customerTypes).map(([label, value]) => ({ label, value, tone: toneOfType[label] })));
}

/**
 * Bars that lead to the customers that they count.
 *
 * @param {string} title @param {"status" | "type"} filter @param {Bar[]} items
 */
function customerBars(title, filter, items) {
  return barList({
    title, captionHidden: true, share: true, empty: "There are no customers yet.",
    items: items.map((item) => ({ ...item, href: addressOf("customers", { [filter]: item.label }) })),
  });
}

/** @param {TopCustomer[]} customers */
function topCustomers(customers) {
  if (customers.length === 0) return emptyState({ title: "Nobody has ordered yet", text: "The ten customers with the highest order value will stand here." });
  return el("table", { class: "table top-customers" },
    el("thead", null, el("tr", null, el("th", { scope: "col" }, "Customer"), el("th", { scope: "col", class: "number" }, "Orders"), el("th", { scope: "col", class: "number" }, "Value"))),
    el("tbody", null, customers.map((c) => el("tr", null,
      el("td", null, el("a", { href: addressOf(`customers/${c.customerId}`) }, c.fullName), el("span", { class: "soft small email" }, c.email)),
      el("td", { class: "number" }, whole(c.totalOrders)),
      el("td", { class: "number" }, money(c.totalOrderValue))))));
}
