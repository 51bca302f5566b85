// @ts-check
// A customer's profile: shown, and edited in the same place.

import { toast } from "./announcer.js";
import { el, fill } from "./dom.js";
import { moment } from "./format.js";
import { icon } from "./icons.js";
import { preferenceText } from "./preferences.js";
import { ProfileForm } from "./profile-form.js";
import { skeletonLines } from "./states.js";

/** @import { Customer } from "./api.js" */
/** @import { Subject } from "./customer.js" */

export class ProfileCard {
  #edit = el("button", { class: "button push", type: "button", id: "edit-profile", on: { click: () => this.#openForm() } }, icon("edit"), "Edit");
  #content = el("div", { class: "card-body" }, skeletonLines(11));
  #onSaved;
  /** @type {Subject | null} */
  #subject = null;
  /** @type {ProfileForm | null} */
  #form = null;

  /** @param {() => void} onSaved */
  constructor(onSaved) {
    this.#onSaved = onSaved;
    this.element = el("section", { class: "card", "aria-labelledby": "profile-title" },
      el("div", { class: "card-head" }, el("h2", { id: "profile-title" }, "Profile"), this.#edit), this.#content);
    this.#edit.disabled = true;
  }

  /** Shows a customer; a form that is open stays as it is. @param {Subject} subject */
  show(subject) {
    this.#subject = subject;
    this.#edit.disabled = false;
    if (this.#form) this.#form.rebase(subject);
    else fill(this.#content, facts(subject.data));
  }

  isDirty() {
    return this.#form?.isDirty() ?? false;
  }

  #openForm() {
    if (!this.#subject) return;
    this.#edit.hidden = true;
    this.#form = new ProfileForm(this.#subject, {
      onSaved: () => {
        this.#closeForm();
        this.#onSaved();
      },
      onCancel: () => this.#closeForm(),
    });
    fill(this.#content, this.#form.element);
    this.#form.focus();
  }

  #closeForm() {
    this.#form = null;
    this.#edit.hidden = false;
    if (this.#subject) fill(this.#content, facts(this.#subject.data));
    this.#edit.focus();
  }
}

/** @param {Customer} c */
function facts(c) {
  const fact = (/** @type {string} */ name, /** @type {any} */ value) => [el("dt", null, name), el("dd", null, value)];
  const none = (/** @type {string} */ text) => el("span", { class: "soft" }, text);
  const preferences = Object.entries(c.preferences);
  return el("dl", { class: "facts" },
    fact("Name", c.fullName),
    fact("Email", el("a", { href: `mailto:${c.email}` }, c.email)),
    fact("Phone", c.contactNumber ? el("a", { href: `tel:${c.contactNumber.replace(/[^\d+]/g, "")}` }, c.contactNumber) : none("none")),
    fact("Tags", c.tags.length === 0 ? none("none") : el("ul", { class: "row tag-list" }, c.tags.map((t) => el("li", { class: "badge" }, t)))),
    fact("Preferences", preferences.length === 0 ? none("none")
      : el("ul", { class: "preference-list" }, preferences.map(([name, value]) => el("li", null, el("span", { class: "soft" }, name), " ", preferenceText(value))))),
    fact("Customer ID", copyable(c.customerId, "customer ID")),
    fact("User ID", copyable(c.userId, "user ID")),
    fact("Created", [moment(c.metadata.createdAt), el("span", { class: "soft" }, ` by ${c.metadata.createdBy}`)]),
    fact("Last change", [moment(c.metadata.lastModifiedAt), el("span", { class: "soft" }, ` by ${c.metadata.lastModifiedBy}`)]));
}

/** @param {string} text @param {string} name */
function copyable(text, name) {
  return el("span", { class: "copyable" }, el("code", null, text),
    el("button", { class: "button quiet icon", type: "button", "aria-label": `Copy ${name}`, on: {
      click: async () => {
        await navigator.clipboard.writeText(text);
        toast(`Copied the ${name}`);
      },
    } }, icon("copy")));
}
