// @ts-check
// The page of one customer.

import { announce, toast } from "./announcer.js";
import { barList } from "./charts.js";
import { deleteCustomer } from "./delete-customer.js";
import { el, fill } from "./dom.js";
import { count, day, money, statusSign, tierBadge, whole } from "./format.js";
import { isAborted } from "./http.js";
import { icon } from "./icons.js";
import { lastList } from "./list-address.js";
import { Notes } from "./notes.js";
import { ProfileCard } from "./profile.js";
import { go } from "./router.js";
import { isTaken } from "./shortcuts.js";
import { changeStatus, changeType } from "./standing.js";
import { errorState, skeletonLines } from "./states.js";
import { Timeline } from "./timeline.js";

/** @import { Api, Customer } from "./api.js" */
/** @import { Context, Page } from "./routes.js" */

/**
 * A customer as it was read. Changes are made to this version and no other.
 *
 * @typedef {Object} Subject
 * @property {Api} api
 * @property {string} id
 * @property {Customer} data
 * @property {string} etag
 */

/** @param {Context} context @returns {Page} */
export function page(context) {
  const desk = new CustomerDesk(context);
  return { title: "Customer", element: desk.element, isDirty: () => desk.isDirty() };
}

class CustomerDesk {
  #context;
  #id;
  /** @type {Subject | null} */
  #subject = null;
  #heading = el("h1", null, "Customer");
  #standing = el("p", { class: "row soft" });
  #actions = el("div", { class: "row push" });
  #figures = el("div");
  #charts = el("div", { class: "card-body charts" });
  #profile;
  #notes;
  #timeline;
  #body;

  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
    this.#id = context.params.id;
    const { api, signal } = context;
    this.#profile = new ProfileCard(() => this.#reload("Profile saved"));
    this.#notes = new Notes(api, this.#id, () => this.#reload("Note added"));
    this.#timeline = new Timeline(api, this.#id, signal);
    this.#body = el("div", { class: "customer-body" },
      el("div", { class: "stack" }, this.#profile.element, this.#notes.element),
      el("div", { class: "stack" },
        el("section", { class: "card", "aria-label": "Orders and complaints" }, this.#charts),
        this.#timeline.element));
    this.element = el("div", { class: "stack customer" },
      el("a", { class: "back-link", href: lastList() }, icon("back"), "Customers"),
      el("div", { class: "customer-head" }, el("div", { class: "customer-name" }, this.#heading, this.#standing), this.#actions),
      this.#figures, this.#body);
    addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !isTaken(event)) go(lastList());
    }, { signal });
    this.#showSkeleton();
    this.#load();
  }

  isDirty() {
    return this.#profile.isDirty() || this.#notes.isDirty();
  }

  #showSkeleton() {
    fill(this.#standing, el("span", { class: "skeleton w40" }));
    fill(this.#figures, el("div", { class: "card figures-wait" }));
    fill(this.#charts, skeletonLines(11));
  }

  async #load() {
    try {
      await this.#fetch();
      announce(this.#subject?.data.fullName ?? "");
      this.#timeline.load();
    } catch (error) {
      if (isAborted(error)) return;
      fill(this.#standing);
      fill(this.#figures, errorState(error, () => {
        this.#body.hidden = false;
        this.#showSkeleton();
        this.#load();
      }));
      this.#body.hidden = true;
    }
  }

  /** Shows what a change has made of the customer. @param {string} message */
  async #reload(message) {
    toast(message);
    try {
      await this.#fetch();
      await this.#timeline.load();
    } catch (error) {
      if (!isAborted(error)) toast("Saved, but the page could not be refreshed");
    }
  }

  async #fetch() {
    const { api, signal } = this.#context;
    const [answer, statistics] = await Promise.all([api.customer(this.#id, signal), api.statistics(this.#id, signal)]);
    this.#subject = { api, id: this.#id, data: answer.data, etag: answer.etag };
    this.#context.retitle(answer.data.fullName);
    this.#showHead(answer.data);
    this.#showStatistics(statistics);
    this.#profile.show(this.#subject);
    this.#notes.show(answer.data.notes);
  }

  /** @param {Customer} c */
  #showHead(c) {
    this.#heading.textContent = c.fullName;
    fill(this.#standing, statusSign(c.customerStatus), tierBadge(c.customerType), el("span", null, c.email));
    // The buttons stay the same ones: the focus comes back to them from their dialogs.
    if (this.#actions.childElementCount === 0) {
      fill(this.#actions,
        this.#action("change-status", "Change status", changeStatus),
        this.#action("change-type", "Change type", changeType),
        this.#action("delete-customer", "Delete", deleteCustomer, "danger-quiet"));
    }
  }

  /**
   * @param {string} id @param {string} text
   * @param {(subject: Subject) => Promise<string | undefined>} work tells what was changed, undefined for nothing
   * @param {string} [kind]
   */
  #action(id, text, work, kind = "") {
    return el("button", { class: `button ${kind}`, type: "button", id, on: {
      click: async () => {
        const done = await work(/** @type {Subject} */ (this.#subject));
        if (done) await this.#reload(done);
      },
    } }, text);
  }

  /** @param {any} statistics the contract's Statistics object */
  #showStatistics({ orderStatistics: orders, complaintStatistics: complaints, customerProfile: profile }) {
    const figure = (/** @type {string} */ name, /** @type {any} */ value, /** @type {any} */ note = null) =>
      el("div", null, el("dt", null, name), el("dd", null, value, note && el("span", { class: "note" }, note)));
    fill(this.#figures, el("dl", { class: "card figures customer-figures" },
      figure("Orders", whole(orders.totalOrders), orders.lastOrderDate && ["last on ", day(orders.lastOrderDate)]),
      figure("Order value", money(orders.totalOrderValue), "without cancelled orders"),
      figure("Average order", money(orders.averageOrderValue)),
      figure("Complaints", whole(complaints.totalComplaints), complaints.openComplaints > 0
        ? el("span", { class: "badge warn" }, `${whole(complaints.openComplaints)} open`) : complaints.totalComplaints > 0 && "none open"),
      figure("Customer since", day(profile.customerSince), count(profile.daysSinceRegistration, "day"))));
    fill(this.#charts,
      el("div", { id: "orders-by-status" }, barList({ title: "Orders by status", items: items(orders.ordersByStatus, orderStatuses), empty: "No orders yet" })),
      el("div", { id: "complaints-by-category" }, barList({ title: "Complaints by category", items: items(complaints.complaintsByCategory, []), empty: "No complaints" })));
  }
}

/** The order in which an order passes through them. */
const orderStatuses = ["Placed", "Processing", "Shipped", "Delivered", "Cancelled"];

/** @param {Record<string, number>} counts @param {string[]} order those that come first */
function items(counts, order) {
  const names = [...order.filter((n) => n in counts), ...Object.keys(counts).filter((n) => !order.includes(n))];
  return names.map((name) => ({ label: name, value: counts[name] }));
}
