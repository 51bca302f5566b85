// @ts-check
// The filters of the list of customers.

import { el } from "./dom.js";
import { field, select } from "./fields.js";
import { zoneName } from "./format.js";

/**
 * @typedef {Object} Filter what the list shows; empty is everything
 * @property {string} status
 * @property {string} type
 * @property {string} from a day, as in 2026-01-25
 * @property {string} to
 */

export class Filters {
  #status = field({ label: "Status", control: select({ id: "filter-status" }, [{ value: "", text: "All" }, "Active", "Inactive", "Suspended"]) });
  #type = field({ label: "Type", control: select({ id: "filter-type" }, [{ value: "", text: "All" }, "Regular", "Premium", "VIP"]) });
  #from = field({ label: "Registered from", control: el("input", { type: "date", id: "filter-from" }) });
  #to = field({ label: "to", control: el("input", { type: "date", id: "filter-to" }) });
  #clear = el("button", { class: "button quiet", type: "button", id: "clear-filters" }, "Clear");
  /** Only narrow screens show it: there the filters would fill half the screen. */
  #toggle = el("button", { class: "button filters-toggle", type: "button", "aria-expanded": "false", "aria-controls": "filters" }, "Filters");
  #fieldset;

  /** @param {(filter: Filter) => void} onChange */
  constructor(onChange) {
    const fields = { status: this.#status, type: this.#type, from: this.#from, to: this.#to };
    this.controls = Object.entries(fields);
    this.#clear.addEventListener("click", () => onChange({ status: "", type: "", from: "", to: "" }));
    this.#from.control.title = this.#to.control.title = `Days in ${zoneName()}, both included`;
    this.#fieldset = el("fieldset", { class: "filters", id: "filters" },
      el("legend", { class: "visually-hidden" }, "Filters"), this.controls.map(([, f]) => f.element), this.#clear);
    this.#fieldset.addEventListener("change", (event) => {
      if (isHalfTyped(event.target)) return;
      this.#keepOrder(event.target);
      onChange(this.#value());
    });
    this.#toggle.addEventListener("click", () => {
      const open = this.#fieldset.classList.toggle("open");
      this.#toggle.setAttribute("aria-expanded", String(open));
    });
    this.element = el("div", null, this.#toggle, this.#fieldset);
  }

  /** A first day after the last one takes it along, and the other way round. @param {EventTarget | null} changed */
  #keepOrder(changed) {
    const [from, to] = [this.#from.control, this.#to.control];
    if (from.value === "" || to.value === "" || from.value <= to.value) return;
    if (changed === from) to.value = from.value;
    else from.value = to.value;
  }

  #value() {
    return /** @type {Filter} */ (Object.fromEntries(this.controls.map(([name, f]) => [name, f.control.value])));
  }

  /**
   * Shows what is filtered. A search looks at all customers, so that there is
   * nothing to choose then.
   *
   * @param {Filter} filter @param {boolean} searching
   */
  show(filter, searching) {
    for (const [name, f] of this.controls) f.control.value = filter[/** @type {keyof Filter} */ (name)];
    this.#fieldset.disabled = searching;
    const chosen = this.controls.filter(([, f]) => f.control.value !== "").length;
    this.#clear.disabled = chosen === 0;
    this.#toggle.textContent = chosen === 0 ? "Filters" : `Filters (${chosen})`;
  }
}

/** While a year is being typed, the day is one of the first centuries. @param {EventTarget | null} control */
const isHalfTyped = (control) => control instanceof HTMLInputElement && control.value !== "" && control.value < "1000";
