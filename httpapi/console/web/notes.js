// @ts-check
// Administrators' notes about a customer.

import { el, fill } from "./dom.js";
import { clearProblems, field, formProblem, showProblems, whileBusy } from "./fields.js";
import { moment, whole } from "./format.js";
import { skeletonLines } from "./states.js";

/** @import { Api, Note } from "./api.js" */

const longest = 1000;

export class Notes {
  #api;
  #id;
  #onAdded;
  #area = el("textarea", { id: "note", rows: 3, placeholder: "What should colleagues know?" });
  #field = field({ label: "New note", control: this.#area });
  #left = el("span", { class: "hint push" });
  #general = formProblem();
  #submit = el("button", { class: "button", type: "submit", id: "add-note" }, "Add note");
  #list = el("div", null, skeletonLines(3));
  #count = el("span", { class: "soft" });

  /** @param {Api} api @param {string} id @param {() => void} onAdded */
  constructor(api, id, onAdded) {
    this.#api = api;
    this.#id = id;
    this.#onAdded = onAdded;
    this.#area.addEventListener("input", () => this.#countLetters());
    const form = el("form", { class: "stack note-form", novalidate: true, on: {
      submit: (/** @type {SubmitEvent} */ event) => {
        event.preventDefault();
        this.#add();
      },
      keydown: (/** @type {KeyboardEvent} */ event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.#add();
      },
    } }, this.#field.element, this.#general, el("div", { class: "row" }, this.#submit, this.#left));
    this.element = el("section", { class: "card", "aria-labelledby": "notes-title" },
      el("div", { class: "card-head" }, el("h2", { id: "notes-title" }, "Notes"), this.#count),
      el("div", { class: "card-body stack" }, form, this.#list));
  }

  /** @param {Note[]} notes oldest first */
  show(notes) {
    this.#count.textContent = notes.length > 0 ? whole(notes.length) : "";
    fill(this.#list, notes.length === 0 ? el("p", { class: "soft" }, "No notes yet.")
      : el("ol", { class: "notes", id: "notes", "aria-label": "Notes, newest first" }, notes.toReversed().map((n) => el("li", null,
        el("p", { class: "note-text" }, n.content),
        el("p", { class: "hint" }, n.addedBy, ", ", moment(n.addedAt))))));
  }

  isDirty() {
    return this.#area.value.trim() !== "";
  }

  #countLetters() {
    const length = [...this.#area.value.trim()].length;
    this.#left.textContent = length > longest - 200 ? `${whole(length)} of ${whole(longest)} characters` : "";
  }

  #add() {
    return whileBusy(this.#submit, async () => {
      const fields = { content: { name: "The note", field: this.#field } };
      clearProblems(fields, this.#general);
      try {
        await this.#api.addNote(this.#id, this.#area.value);
        this.#area.value = "";
        this.#countLetters();
        this.#onAdded();
      } catch (error) {
        showProblems(error, fields, this.#general);
      }
    });
  }
}
