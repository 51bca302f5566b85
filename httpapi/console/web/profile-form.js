// @ts-check
// The form of a customer's profile. Only what was changed is sent.

import { toast } from "./announcer.js";
import { saveOver } from "./conflict.js";
import { el } from "./dom.js";
import { clearProblems, field, formProblem, showProblems, whileBusy } from "./fields.js";
import { PreferencesEditor } from "./preferences.js";
import { TagsInput } from "./tags-input.js";

/** @import { Subject } from "./customer.js" */

export class ProfileForm {
  #subject;
  #on;
  #name;
  #phone;
  #tags;
  #preferences;
  #general = formProblem();
  #submit = el("button", { class: "button primary", type: "submit" }, "Save");

  /**
   * @param {Subject} subject
   * @param {{onSaved: () => void, onCancel: () => void}} on
   */
  constructor(subject, on) {
    this.#subject = subject;
    this.#on = on;
    const { data } = subject;
    this.#name = field({ label: "Full name", control: el("input", { id: "fullName", autocomplete: "off", value: data.fullName }) });
    this.#phone = field({ label: "Phone", optional: true, control: el("input", { id: "contactNumber", type: "tel", autocomplete: "off", value: data.contactNumber ?? "" }) });
    this.#tags = new TagsInput(data.tags);
    this.#preferences = new PreferencesEditor(data.preferences);
    this.element = el("form", { class: "stack", id: "profile-form", novalidate: true, "aria-labelledby": "profile-title", on: {
      submit: (/** @type {SubmitEvent} */ event) => {
        event.preventDefault();
        this.#save();
      },
      keydown: (/** @type {KeyboardEvent} */ event) => {
        if (event.key !== "Escape" || this.isDirty()) return;
        event.preventDefault();
        on.onCancel();
      },
    } },
    el("div", { class: "fields" }, this.#name.element, this.#phone.element),
    this.#tags.field.element, this.#preferences.element,
    el("p", { class: "hint" }, "The email is changed in the auth service."),
    this.#general,
    el("div", { class: "row" }, this.#submit, el("button", { class: "button", type: "button", on: { click: on.onCancel } }, "Cancel")));
  }

  focus() {
    this.#name.control.focus();
  }

  /**
   * Takes a newer version, as after adding a note, unless it differs in what is edited
   * here: then saving shows both.
   *
   * @param {Subject} subject
   */
  rebase(subject) {
    if (JSON.stringify(edited(subject.data)) === JSON.stringify(edited(this.#subject.data))) this.#subject = subject;
  }

  isDirty() {
    try {
      return Object.keys(this.#changes()).length > 0;
    } catch {
      return true; // what cannot be read yet has been typed
    }
  }

  #changes() {
    const before = edited(this.#subject.data);
    const now = {
      fullName: this.#name.control.value.trim(), contactNumber: this.#phone.control.value.trim() || null,
      tags: this.#tags.value(), preferences: this.#preferences.value(),
    };
    return Object.fromEntries(Object.entries(now).filter(([name, value]) =>
      JSON.stringify(value) !== JSON.stringify(before[/** @type {keyof typeof before} */ (name)])));
  }

  #save() {
    return whileBusy(this.#submit, async () => {
      const fields = {
        fullName: { name: "Full name", field: this.#name }, contactNumber: { name: "Phone", field: this.#phone },
        tags: { name: "Tags", item: "Tag", field: this.#tags.field }, preferences: { name: "Preferences", field: this.#preferences },
      };
      clearProblems(fields, this.#general);
      try {
        const changes = this.#changes();
        if (Object.keys(changes).length === 0) {
          toast("Nothing was changed");
          return this.#on.onCancel();
        }
        const { api, id } = this.#subject;
        if (await saveOver(this.#subject, changes, (kept, etag) => api.update(id, kept, etag))) this.#on.onSaved();
      } catch (error) {
        showProblems(error, fields, this.#general);
      }
    });
  }
}

/** What the form edits of a customer. @param {import("./api.js").Customer} c */
function edited(c) {
  return { fullName: c.fullName, contactNumber: c.contactNumber ?? null, tags: c.tags, preferences: c.preferences };
}
