// @ts-check
// Fields of forms: label, control, hint, and the problem that the server has with
// its value.

import { el, fill, uniqueId } from "./dom.js";
import { ApiError } from "./http.js";
import { explained } from "./states.js";

/** @import { Child } from "./dom.js" */

/**
 * @typedef {Object} Field
 * @property {HTMLElement} element everything
 * @property {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} control
 * @property {(message: string | null) => void} complain shows what is wrong, or nothing any more
 */

/**
 * A field of a form under the API's name for it.
 *
 * @typedef {Object} NamedField
 * @property {string} name begins the sentence of a problem: "Phone must have ..."
 * @property {string} [item] does so for one item of a list: "Tag 3 must have ..."
 * @property {Pick<Field, "control" | "complain"> | {control: HTMLElement, complain: Field["complain"]}} field
 */

/**
 * Makes a field around a control.
 *
 * @param {Object} o
 * @param {string} o.label
 * @param {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} o.control
 * @param {Child} [o.hint]
 * @param {boolean} [o.optional]
 * @returns {Field}
 */
export function field({ label, control, hint, optional = false }) {
  control.id ||= uniqueId("field");
  control.classList.add("input");
  const problem = el("p", { class: "problem", id: `${control.id}-problem`, hidden: true });
  const about = hint ? el("p", { class: "hint", id: `${control.id}-hint` }, hint) : null;
  const described = [about?.id, problem.id].filter(Boolean).join(" ");
  control.setAttribute("aria-describedby", described);
  const element = el("div", { class: "field" },
    el("label", { for: control.id }, label, optional && el("span", { class: "optional" }, " (optional)")), control, about, problem);
  return {
    element, control,
    complain(message) {
      problem.hidden = message === null;
      problem.textContent = message ?? "";
      if (message === null) control.removeAttribute("aria-invalid");
      else control.setAttribute("aria-invalid", "true");
    },
  };
}

/**
 * Makes a list to choose from.
 *
 * @param {Record<string, any>} properties
 * @param {Array<string | {value: string, text: string}>} options
 * @param {string} [chosen]
 */
export function select(properties, options, chosen) {
  return el("select", properties, options.map((o) => {
    const { value, text } = typeof o === "string" ? { value: o, text: o } : o;
    return el("option", { value, selected: value === chosen }, text);
  }));
}

/**
 * A place above a form's buttons for what is wrong with it as a whole. It is there
 * from the start, so that a screen reader says what comes into it.
 */
export function formProblem() {
  return el("div", { role: "alert" });
}

/**
 * Shows what the server has against a form: each problem at its field, the rest in
 * the form's own place; the first field with a problem gets the focus.
 *
 * @param {unknown} error
 * @param {Record<string, NamedField>} fields by the API's names, in the order in which they stand
 * @param {HTMLElement} general
 */
export function showProblems(error, fields, general) {
  clearProblems(fields, general);
  const problems = error instanceof ApiError ? error.fields : [];
  /** @type {string[]} */
  const elsewhere = [];
  const wrong = new Set();
  for (const { field: path, message } of problems) {
    const known = fields[path] ?? fields[path.split(/[.[]/)[0]];
    if (known) {
      known.field.complain(sentence(known, path, message));
      wrong.add(known);
    } else elsewhere.push(`${path} ${message}`);
  }
  Object.values(fields).find((f) => wrong.has(f))?.field.control.focus();
  if (problems.length > 0 && elsewhere.length === 0) return;
  const { title, text } = explained(error);
  fill(general, el("div", { class: "notice bad" }, el("strong", null, title), (elsewhere.length > 0 || text) && el("p", null, elsewhere.join("; ") || text)));
}

/** @param {Record<string, NamedField>} fields @param {HTMLElement} general */
export function clearProblems(fields, general) {
  for (const { field: f } of Object.values(fields)) f.complain(null);
  fill(general);
}

/** @param {NamedField} known @param {string} path such as tags[2] @param {string} message */
function sentence({ name, item = name }, path, message) {
  const place = path.match(/\[(\d+)\]/);
  return place ? `${item} ${Number(place[1]) + 1} ${message}` : `${name} ${message}`;
}

/**
 * Keeps a button from being pressed twice while its work is under way. It stays
 * focusable, so that the focus is not lost.
 *
 * @param {HTMLButtonElement} button
 * @param {() => Promise<void>} work
 */
export async function whileBusy(button, work) {
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  try {
    await work();
  } finally {
    button.removeAttribute("aria-busy");
  }
}
