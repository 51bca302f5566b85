// @ts-check
// The pages of a list: where one is, and links to the others.

import { el, fill } from "./dom.js";
import { select } from "./fields.js";
import { whole } from "./format.js";
import { icon } from "./icons.js";

/** @import { Pagination } from "./api.js" */

const sizes = ["10", "20", "50", "100"];

export class Pager {
  #range = el("span", { class: "soft", dataset: { testid: "range" } });
  #links = el("nav", { "aria-label": "Pages", class: "pages" });
  #size;
  #addressOf;

  /**
   * @param {Object} o
   * @param {(page: number) => string} o.addressOf
   * @param {(size: number) => void} o.onSize
   */
  constructor({ addressOf, onSize }) {
    this.#addressOf = addressOf;
    this.#size = select({ class: "input", id: "page-size", on: { change: () => onSize(Number(this.#size.value)) } }, sizes, "20");
    this.element = el("div", { class: "pager", id: "pager" }, this.#range, this.#links,
      el("div", { class: "row page-size" }, el("label", { for: "page-size", class: "soft" }, "Rows per page"), this.#size));
  }

  /** @param {Pagination} p @param {number} shown how many rows the page has */
  show({ page, pageSize, totalPages, totalCount }, shown) {
    const first = (page - 1) * pageSize + 1;
    this.#range.textContent = shown === 0 ? "" : `${whole(first)}–${whole(first + shown - 1)} of ${whole(totalCount)}`;
    this.showSize(pageSize);
    fill(this.#links, totalPages > 1 && el("ul", null,
      this.#step("Previous page", "back", page > 1 ? Math.min(page - 1, totalPages) : null),
      pageNumbers(page, totalPages).map((n) => el("li", null, n === null
        ? el("span", { class: "gap", "aria-hidden": "true" }, "…")
        : el("a", { class: "button quiet", href: this.#addressOf(n), "aria-current": n === page ? "page" : null, "aria-label": `Page ${n}` }, whole(n)))),
      this.#step("Next page", "next", page < totalPages ? page + 1 : null)));
  }

  /** @param {number} size one from a shared address may be any */
  showSize(size) {
    if (!sizes.includes(String(size))) this.#size.append(el("option", { value: size }, size));
    this.#size.value = String(size);
  }

  /** @param {string} label @param {"back" | "next"} sign @param {number | null} page null when there is none */
  #step(label, sign, page) {
    // A link without an address is disabled, and keeps its place.
    return el("li", null, page === null
      ? el("a", { class: "button quiet icon", role: "link", "aria-disabled": "true", "aria-label": label }, icon(sign))
      : el("a", { class: "button quiet icon", href: this.#addressOf(page), "aria-label": label }, icon(sign)));
  }
}

/**
 * The pages to link to: the first, the last, and those around the present one. null
 * is a gap. There are always as many, so that the links stay where they are.
 *
 * @param {number} page @param {number} total
 * @returns {Array<number | null>}
 */
function pageNumbers(page, total) {
  const run = (/** @type {number} */ from, /** @type {number} */ to) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
  if (total <= 7) return run(1, total);
  if (page <= 4) return [...run(1, 5), null, total];
  if (page >= total - 3) return [1, null, ...run(total - 4, total)];
  return [1, null, page - 1, page, page + 1, null, total];
}
