// @ts-check
// A customer's preferences: a JSON object, shown and edited value by value.

import { el, uniqueId } from "./dom.js";
import { select } from "./fields.js";
import { ApiError } from "./http.js";
import { icon } from "./icons.js";

/** @param {any} value */
export function preferenceText(value) {
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/**
 * How values of one kind are edited.
 *
 * @typedef {Object} Kind
 * @property {string} name
 * @property {any} first the value of a new preference
 * @property {(value: any, label: string) => HTMLInputElement | HTMLTextAreaElement} control
 * @property {(control: any) => any} read throws when there is nothing to read
 */

/** @type {Record<string, Kind>} */
const kinds = {
  boolean: {
    name: "Yes or no", first: false,
    control: (value, label) => el("input", { type: "checkbox", checked: value, "aria-label": label }),
    read: (control) => control.checked,
  },
  string: {
    name: "Text", first: "",
    control: (value, label) => el("input", { class: "input", value, "aria-label": label }),
    read: (control) => control.value,
  },
  number: {
    name: "Number", first: 0,
    control: (value, label) => el("input", { class: "input", inputmode: "decimal", value, "aria-label": label }),
    read: (control) => {
      const number = Number(control.value);
      if (control.value.trim() === "" || !Number.isFinite(number)) throw new Error("is not a number");
      return number;
    },
  },
  json: {
    name: "JSON", first: null,
    control: (value, label) => {
      const area = el("textarea", { class: "input mono", rows: 2, spellcheck: "false", "aria-label": label });
      area.value = JSON.stringify(value, null, 2);
      return area;
    },
    read: (control) => {
      try {
        return JSON.parse(control.value);
      } catch {
        throw new Error("is not valid JSON");
      }
    },
  },
};

/** @param {any} value */
const kindOf = (value) => kinds[typeof value] ?? kinds.json;

/** @typedef {{name: string, kind: Kind, control: any, element: HTMLElement}} Row */

export class PreferencesEditor {
  /** @type {Row[]} */
  #rows = [];
  #list = el("ul", { class: "preference-rows" });
  #name = el("input", { class: "input", id: "new-preference", placeholder: "Name", autocomplete: "off", "aria-label": "Name of a new preference" });
  #kind = select({ class: "input", "aria-label": "Kind of the new preference" }, Object.entries(kinds).map(([value, k]) => ({ value, text: k.name })));
  #problem = el("p", { class: "problem", id: "preferences-problem", hidden: true });

  /** @param {Record<string, any>} preferences */
  constructor(preferences) {
    for (const [name, value] of Object.entries(preferences)) this.#addRow(name, kindOf(value), value);
    const add = el("button", { class: "button", type: "button", on: { click: () => this.#addNew() } }, icon("plus"), "Add");
    this.#name.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || this.#name.value.trim() === "") return;
      event.preventDefault();
      this.#addNew();
    });
    this.control = el("fieldset", { class: "field", id: "preferences", tabindex: -1, "aria-describedby": this.#problem.id },
      el("legend", { class: "label" }, "Preferences"), this.#list,
      el("div", { class: "preference-new" }, this.#name, this.#kind, add), this.#problem);
    this.element = this.control;
  }

  /**
   * The preferences as they stand.
   *
   * @throws {ApiError} when one cannot be read
   */
  value() {
    return Object.fromEntries(this.#rows.map(({ name, kind, control }) => {
      try {
        return [name, kind.read(control)];
      } catch (error) {
        throw ApiError.ofField("preferences", `cannot be saved: ${name} ${/** @type {Error} */ (error).message}`);
      }
    }));
  }

  /** @param {string | null} message */
  complain(message) {
    this.#problem.hidden = message === null;
    this.#problem.textContent = message ?? "";
  }

  #addNew() {
    const name = this.#name.value.trim();
    if (name === "") return this.#name.focus();
    if (this.#rows.some((r) => r.name === name)) return this.complain(`There is a preference ${name} already.`);
    this.complain(null);
    const kind = kinds[this.#kind.value];
    this.#addRow(name, kind, kind.first).control.focus();
    this.#name.value = "";
  }

  /** @param {string} name @param {Kind} kind @param {any} value @returns {Row} */
  #addRow(name, kind, value) {
    const label = el("span", { id: uniqueId("preference"), class: "preference-name" }, name);
    const control = kind.control(value, name);
    const remove = el("button", { class: "button quiet icon", type: "button", "aria-label": `Remove the preference ${name}` }, icon("close"));
    /** @type {Row} */
    const row = { name, kind, control, element: el("li", null, label, control, remove) };
    remove.addEventListener("click", () => {
      this.#rows = this.#rows.filter((r) => r !== row);
      row.element.remove();
      this.#name.focus();
    });
    this.#rows.push(row);
    this.#list.append(row.element);
    return row;
  }
}
