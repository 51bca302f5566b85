// @ts-check
// A card of things that wait: the outbox, the parked events.

import { el, fill } from "./dom.js";
import { whole } from "./format.js";
import { icon } from "./icons.js";
import { skeletonLines } from "./states.js";
import { SteadyList, onChange } from "./steady.js";

/** @import { Pagination } from "./api.js" */
/** @import { Child } from "./dom.js" */

/**
 * @template T
 */
export class WaitingRoom {
  #heading;
  #badges = el("div", { class: "row" });
  #body = el("div", { class: "card-body" }, skeletonLines(3));
  #list = el("ul", { class: "waiting" });
  #turner = el("div", { class: "row waiting-pages" });
  #lines;
  #onTurn;
  #page = 1;
  #showBadges = onChange((/** @type {Array<{text: string, colour: string}>} */ badges) =>
    fill(this.#badges, badges.map(({ text, colour }) => el("span", { class: `badge ${colour}` }, text))));
  #showPages = onChange((/** @type {Pagination} */ p) => this.#drawPages(p));

  /**
   * @param {Object} o
   * @param {string} o.id
   * @param {string} o.title
   * @param {Child} [o.actions]
   * @param {(item: T) => string} o.keyOf
   * @param {(item: T) => HTMLElement} o.line see {@link SteadyList}
   * @param {() => void} o.onTurn another page is wanted
   */
  constructor({ id, title, actions, keyOf, line, onTurn }) {
    this.#onTurn = onTurn;
    this.#heading = el("h2", { tabindex: -1 }, title);
    this.#lines = new SteadyList({ list: this.#list, keyOf, line, refuge: this.#heading });
    this.element = el("section", { class: "card", id },
      el("div", { class: "card-head" }, this.#heading, this.#badges, el("div", { class: "push row" }, actions)), this.#body);
  }

  /** The page of the list that is wanted, from 1. */
  get page() {
    return this.#page;
  }

  /** @param {Array<{text: string, colour: string}>} badges */
  showBadges(badges) {
    this.#showBadges(badges);
  }

  /** @param {T[]} items at least one @param {Pagination} pagination of what they are from */
  showItems(items, pagination) {
    if (this.#body.firstChild !== this.#list) fill(this.#body, this.#list, this.#turner);
    this.#body.classList.add("flush");
    this.#lines.show(items);
    this.#showPages(pagination);
  }

  /** @param {string} text why there is nothing */
  showNothing(text) {
    const says = this.#body.firstElementChild?.matches("p") && this.#body.textContent === text;
    if (says) return;
    const hadFocus = this.#body.contains(document.activeElement);
    this.#body.classList.remove("flush");
    this.#lines.show([]);
    fill(this.#body, el("p", { class: "soft" }, text));
    if (hadFocus) this.#heading.focus({ preventScroll: true });
  }

  /** Goes back to a page that there is. @param {Pagination} p @returns {boolean} whether it had to */
  returnTo({ totalPages }) {
    if (this.#page <= Math.max(totalPages, 1)) return false;
    this.#page = Math.max(totalPages, 1);
    return true;
  }

  /** @param {Pagination} p */
  #drawPages({ page, totalPages, hasNext, hasPrevious }) {
    this.#turner.hidden = totalPages <= 1;
    const focused = this.#turner.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement).dataset.action : null;
    fill(this.#turner, this.#turn("Previous page", "back", page - 1, hasPrevious),
      el("span", { class: "soft" }, `Page ${whole(page)} of ${whole(totalPages)}`), this.#turn("Next page", "next", page + 1, hasNext));
    if (focused) /** @type {HTMLElement} */ (this.#turner.querySelector(`[data-action="${focused}"]`)).focus();
  }

  /** @param {string} label @param {"back" | "next"} sign @param {number} page @param {boolean} exists */
  #turn(label, sign, page, exists) {
    const turn = () => {
      if (!exists) return;
      this.#page = page;
      this.#onTurn();
    };
    return el("button", {
      class: "button quiet icon", type: "button", "aria-label": label, "aria-disabled": exists ? null : "true", dataset: { action: sign }, on: { click: turn },
    }, icon(sign));
  }
}
