// @ts-check
// Changing a customer's status and type, with a reason that the history keeps.

import { saveOver } from "./conflict.js";
import { openDialog } from "./dialogs.js";
import { el } from "./dom.js";
import { field, formProblem, showProblems, whileBusy } from "./fields.js";

/** @import { Answer } from "./http.js" */
/** @import { Subject } from "./customer.js" */

/**
 * @typedef {Object} Standing
 * @property {string} title
 * @property {string} testid
 * @property {"customerStatus" | "customerType"} property
 * @property {string} radio the name of the radios
 * @property {string} reasonField the API's name of the reason
 * @property {Record<string, string>} options what each means
 * @property {(value: any, reason: string, etag: string) => Promise<Answer>} send
 */

/** @param {Subject} subject @returns {Promise<string | undefined>} what was done */
export async function changeStatus(subject) {
  const status = await choose(subject, {
    title: "Change status", testid: "status-dialog", property: "customerStatus", radio: "status", reasonField: "reason",
    options: { Active: "Can order and complain", Inactive: "Cannot use the shop", Suspended: "May look, but not order or complain" },
    send: (value, reason, etag) => subject.api.setStatus(subject.id, value, reason, etag),
  });
  return status && told("status", status);
}

/** @param {Subject} subject @returns {Promise<string | undefined>} what was done */
export async function changeType(subject) {
  const type = await choose(subject, {
    title: "Change type", testid: "type-dialog", property: "customerType", radio: "customerType", reasonField: "notes",
    options: { Regular: "", Premium: "", VIP: "" },
    send: (value, reason, etag) => subject.api.setType(subject.id, value, reason, etag),
  });
  return type && told("type", type);
}

/** @param {string} name @param {string} value */
const told = (name, value) => value === keptTheirs ? `The ${name} that was set meanwhile is kept` : `The ${name} is ${value} now`;

/** Stands for a value when one has chosen the other's. */
const keptTheirs = "kept";

/**
 * @param {Subject} subject @param {Standing} standing
 * @returns {Promise<string | undefined>} the new value or {@link keptTheirs}
 */
function choose(subject, standing) {
  return openDialog({ title: standing.title, testid: standing.testid, content: (close) => choiceForm(subject, standing, close) });
}

/** @param {Subject} subject @param {Standing} standing @param {(value?: string) => void} close */
function choiceForm(subject, { property, radio, reasonField, options, send, title }, close) {
  const present = subject.data[property];
  const reason = field({
    label: "Reason", optional: true, hint: "Stays in the customer's history.",
    control: el("textarea", { id: "reason", rows: 3 }),
  });
  const general = formProblem();
  const submit = el("button", { class: "button primary", type: "submit" }, "Save");
  const radios = el("fieldset", { class: "field" }, el("legend", { class: "visually-hidden" }, title),
    el("div", { class: "choices" }, Object.entries(options).map(([value, meaning]) => el("label", { class: "choice" },
      el("input", { type: "radio", name: radio, value, checked: value === present }),
      el("span", null, value, value === present && el("span", { class: "soft" }, " (now)"), meaning && el("span", { class: "hint" }, meaning))))));

  /** @param {string} value */
  const save = (value) => whileBusy(submit, async () => {
    if (value === present) return close();
    try {
      const saved = await saveOver(subject, { [property]: value }, (changes, etag) => send(changes[property], reason.control.value.trim(), etag));
      if (saved) close(saved[property] ?? keptTheirs);
    } catch (error) {
      showProblems(error, { [reasonField]: { name: "The reason", field: reason } }, general);
    }
  });
  return el("form", { class: "stack", novalidate: true, on: {
    submit: (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      save(String(new FormData(/** @type {HTMLFormElement} */ (event.target)).get(radio)));
    },
  } }, radios, reason.element, general, el("div", { class: "dialog-end" },
    el("button", { class: "button", type: "button", on: { click: () => close() } }, "Cancel"), submit));
}
