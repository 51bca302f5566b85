// @ts-check
// Saving over somebody else's change: both versions are shown, field by field, and
// one chooses which to keep.

import { openDialog } from "./dialogs.js";
import { el } from "./dom.js";
import { moment } from "./format.js";
import { ApiError } from "./http.js";
import { preferenceText } from "./preferences.js";

/** @import { Answer } from "./http.js" */
/** @import { Customer } from "./api.js" */
/** @import { Subject } from "./customer.js" */

/** @typedef {Record<string, any>} Changes new values by field */

/** The fields that people change, as they are called here. @type {Record<string, string>} */
const names = {
  fullName: "Name", contactNumber: "Phone", customerStatus: "Status", customerType: "Type", tags: "Tags", preferences: "Preferences", email: "Email",
};

const sideNames = { mine: "Yours", theirs: "Theirs" };

/**
 * Saves changes of the version that was read. When somebody else has saved meanwhile
 * (412), it asks what to keep, and saves that over the newer version.
 *
 * @param {Subject} subject
 * @param {Changes} changes
 * @param {(changes: Changes, etag: string) => Promise<Answer>} send
 * @returns {Promise<Changes | null>} what was saved, empty when all of theirs is kept; null when it was given up
 */
export async function saveOver(subject, changes, send) {
  let { data: base, etag } = subject;
  while (Object.keys(changes).length > 0) {
    try {
      await send(changes, etag);
      break;
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 412) throw error;
      const newer = await subject.api.customer(subject.id);
      const kept = await askWhatToKeep(base, newer.data, changes);
      if (kept === undefined) return null;
      [base, etag, changes] = [newer.data, newer.etag, kept];
    }
  }
  return changes;
}

/**
 * @param {Customer} base what both began with @param {Customer} theirs @param {Changes} mine
 * @returns {Promise<Changes | undefined>} what of mine is to be saved
 */
function askWhatToKeep(base, theirs, mine) {
  const was = /** @type {Changes} */ (base);
  const now = /** @type {Changes} */ (theirs);
  const changedByThem = Object.keys(names).filter((f) => !same(was[f], now[f]));
  const disputed = Object.keys(mine).filter((f) => changedByThem.includes(f) && !same(mine[f], now[f]));
  const rows = Object.keys(names).filter((f) => f in mine || changedByThem.includes(f)).map((f) =>
    comparison(f, f in mine ? mine[f] : was[f], now[f], disputed.includes(f), !(f in mine)));
  return openDialog({
    title: "Somebody else has changed this customer", testid: "conflict-dialog", wide: true,
    content: (close) => el("form", { class: "stack", on: {
      submit: (/** @type {SubmitEvent} */ event) => {
        event.preventDefault();
        const choices = new FormData(/** @type {HTMLFormElement} */ (event.target));
        close(Object.fromEntries(Object.entries(mine).filter(([f, value]) =>
          !same(value, now[f]) && (!disputed.includes(f) || choices.get(`keep-${f}`) === "mine"))));
      },
    } },
    el("p", null, el("strong", null, theirs.metadata.lastModifiedBy), " saved on ", moment(theirs.metadata.lastModifiedAt), ", after you had opened the page. ",
      disputed.length > 0 ? "Choose what to keep where both changed the same." : "You changed different fields: both changes can be kept."),
    el("div", { class: "table-scroll" }, el("table", { class: "table conflict" },
      el("thead", null, el("tr", null, ["Field", sideNames.mine, sideNames.theirs].map((t) => el("th", { scope: "col" }, t)))), el("tbody", null, rows))),
    el("div", { class: "dialog-end" },
      el("button", { class: "button", type: "button", on: { click: () => close(undefined) } }, "Back to editing"),
      el("button", { class: "button primary", type: "submit" }, "Save what is chosen"))),
  });
}

/**
 * @param {string} name @param {any} mine @param {any} theirs
 * @param {boolean} disputed @param {boolean} untouched whether only they changed it
 */
function comparison(name, mine, theirs, disputed, untouched) {
  const choice = (/** @type {"mine" | "theirs"} */ side, /** @type {any} */ value) => el("td", { dataset: { side: sideNames[side] } }, el("label", { class: "choice" },
    el("input", { type: "radio", name: `keep-${name}`, value: side, required: true, "aria-label": `${names[name]}: keep ${sideNames[side].toLowerCase()}` }),
    el("span", null, valueText(value))));
  const agreed = (/** @type {"mine" | "theirs"} */ side, /** @type {any} */ value, /** @type {boolean} */ kept) => el("td", { class: kept ? "" : "soft", dataset: { side: sideNames[side] } }, valueText(value), kept && el("span", { class: "hint" }, " (kept)"));
  return el("tr", null, el("th", { scope: "row" }, names[name]),
    disputed ? [choice("mine", mine), choice("theirs", theirs)] : [agreed("mine", mine, !untouched), agreed("theirs", theirs, untouched)]);
}

/** @param {any} value */
function valueText(value) {
  if (value === null || value === undefined) return "none";
  if (Array.isArray(value)) return value.join(", ") || "none";
  if (typeof value === "object") return Object.entries(value).map(([k, v]) => `${k}: ${preferenceText(v)}`).join(", ") || "none";
  return String(value);
}

/** @param {any} a @param {any} b absent and null are the same */
const same = (a, b) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
