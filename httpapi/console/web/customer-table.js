// @ts-check
// The table of customers: rows that open with a click, Enter, and are walked with
// the arrows.

import { el, fill } from "./dom.js";
import { day, money, statusSign, tierBadge, whole } from "./format.js";
import { markedContact } from "./marks.js";
import { addressOf, go } from "./router.js";

/** @import { CustomerItem } from "./api.js" */

const columns = /** @type {const} */ ([
  ["Customer", "name"], ["Phone", "phone"], ["Status", "standing"], ["Type", "tier"],
  ["Orders", "orders number"], ["Value", "value number"], ["Complaints", "complaints number"], ["Since", "since number"],
]);

export class CustomerTable {
  #body = el("tbody", { role: "rowgroup" });
  #message = el("div");
  #table;

  /** @param {() => void} onLeave what Esc does in the rows */
  constructor(onLeave) {
    // The roles say again what the elements say: a narrow screen lays the rows
    // out as blocks, and browsers then forget that they were a table.
    this.#table = el("table", { class: "table customers-table dims", id: "customers-table", role: "table", "aria-label": "Customers" },
      el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, columns.map(([title, name]) =>
        el("th", { class: name, role: "columnheader", scope: "col" }, title)))), this.#body);
    this.element = el("div", { class: "card customers-card" }, this.#table, this.#message);
    this.#body.addEventListener("keydown", (event) => this.#walk(event, onLeave));
    this.#body.addEventListener("click", openRow);
  }

  /** @param {number} rows */
  showSkeleton(rows) {
    this.#show(Array.from({ length: rows }, () => el("tr", { role: "row", class: "waiting" }, columns.map(([, name], i) =>
      el("td", { class: name, role: "cell" }, el("span", { class: `skeleton ${i === 0 ? "w60" : "w40"}` }))))));
    this.busy(true);
  }

  /** Dims the rows while others are fetched. @param {boolean} busy */
  busy(busy) {
    this.#table.setAttribute("aria-busy", String(busy));
  }

  /** @param {CustomerItem[]} customers @param {string} query what was searched for, to be marked */
  showRows(customers, query) {
    this.#show(customers.map((c) => row(c, query)));
    this.busy(false);
  }

  /** Shows something else in place of rows. @param {HTMLElement} message */
  showInstead(message) {
    this.busy(false);
    this.#table.hidden = true;
    fill(this.#body);
    fill(this.#message, message);
  }

  /** @param {HTMLElement[]} rows */
  #show(rows) {
    this.#table.hidden = false;
    fill(this.#message);
    fill(this.#body, rows);
  }

  #links() {
    return /** @type {HTMLAnchorElement[]} */ ([...this.#body.querySelectorAll("a")]);
  }

  /** Puts the focus on a row. @param {string} [id] the first when it is left out @returns {boolean} whether it is there */
  focusRow(id) {
    const link = id === undefined ? this.#links()[0] : this.#links().find((a) => a.closest("tr")?.dataset.id === id);
    link?.focus();
    return link !== undefined;
  }

  /** Opens the only row, or puts the focus on the first. */
  openOnlyRow() {
    const links = this.#links();
    if (links.length === 1) links[0].click();
    else links[0]?.focus();
  }

  /** @param {KeyboardEvent} event @param {() => void} onLeave */
  #walk(event, onLeave) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const links = this.#links();
    const at = links.indexOf(/** @type {HTMLAnchorElement} */ (document.activeElement));
    if (at < 0) return;
    /** @type {Record<string, () => void>} */
    const moves = {
      ArrowDown: () => links[Math.min(at + 1, links.length - 1)].focus(),
      ArrowUp: () => at === 0 ? onLeave() : links[at - 1].focus(),
      Home: () => links[0].focus(),
      End: () => links[links.length - 1].focus(),
      Escape: onLeave,
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    move();
  }
}

/** @param {CustomerItem} c @param {string} query */
function row(c, query) {
  const href = addressOf(`customers/${c.customerId}`);
  const { name, email, phone } = query ? markedContact(c, query) : { name: c.fullName, email: c.email, phone: c.contactNumber ?? "" };
  const complaints = c.openComplaints > 0
    ? [el("span", { class: "badge warn" }, `${whole(c.openComplaints)} open`), " ", whole(c.totalComplaints)]
    : whole(c.totalComplaints);
  const cells = [
    [el("a", { class: "row-link", href }, name), el("span", { class: "row-email" }, email)],
    c.contactNumber ? phone : none(), statusSign(c.customerStatus), tierBadge(c.customerType),
    [whole(c.totalOrders), el("span", { class: "unit" }, c.totalOrders === 1 ? " order" : " orders")], money(c.totalOrderValue), complaints, day(c.customerSince),
  ];
  return el("tr", { role: "row", dataset: { id: c.customerId } }, cells.map((cell, i) =>
    el("td", { role: "cell", class: columns[i][1] }, cell)));
}

const none = () => el("span", { class: "soft" }, "–");

/** A click anywhere in a row opens it, unless it was to select text. @param {MouseEvent} event */
function openRow(event) {
  const target = /** @type {HTMLElement} */ (event.target);
  if (target.closest("a") || String(getSelection()) !== "") return;
  const link = target.closest("tr")?.querySelector("a");
  if (!link) return;
  if (event.ctrlKey || event.metaKey) open(link.href);
  else go(link.hash);
}
