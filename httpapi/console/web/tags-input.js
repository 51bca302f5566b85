// @ts-check
// Tags as they are edited: each can be taken away, Enter or a comma adds one.

import { announce } from "./announcer.js";
import { el, fill } from "./dom.js";
import { field } from "./fields.js";
import { icon } from "./icons.js";

export class TagsInput {
  #tags;
  #list = el("ul", { class: "row tag-list", "aria-label": "Tags of the customer" });
  #input = el("input", { id: "tags", autocomplete: "off", placeholder: "Add a tag" });

  /** @param {string[]} tags */
  constructor(tags) {
    this.#tags = [...tags];
    this.field = field({ label: "Tags", control: this.#input, hint: "Enter or a comma adds a tag." });
    this.#input.before(this.#list);
    this.#input.addEventListener("keydown", (event) => this.#key(event));
    this.#show();
  }

  /** The tags, with the one that is being typed. Tags that differ only in case are one. */
  value() {
    const typed = this.#input.value.trim();
    const known = this.#tags.some((t) => t.toLowerCase() === typed.toLowerCase());
    return typed === "" || known ? [...this.#tags] : [...this.#tags, typed];
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.isComposing) return;
    if (event.key === "," || (event.key === "Enter" && this.#input.value.trim() !== "")) {
      event.preventDefault();
      this.#take();
    } else if (event.key === "Backspace" && this.#input.value === "" && this.#tags.length > 0) {
      this.#remove(this.#tags.length - 1);
    }
  }

  #take() {
    this.#tags = this.value();
    this.#input.value = "";
    this.#show();
  }

  /** @param {number} at */
  #remove(at) {
    announce(`Removed the tag ${this.#tags[at]}`);
    this.#tags.splice(at, 1);
    this.#show();
    this.#input.focus();
  }

  #show() {
    this.#list.hidden = this.#tags.length === 0;
    fill(this.#list, this.#tags.map((tag, at) => el("li", { class: "badge tag-edited" }, tag,
      el("button", { type: "button", class: "tag-remove", "aria-label": `Remove the tag ${tag}`, on: { click: () => this.#remove(at) } }, icon("close")))));
  }
}
