// @ts-check
// The search field: asks while one types, not at each letter.

import { el } from "./dom.js";
import { icon } from "./icons.js";

/** So long a pause ends a word for those who type fast. */
const pause = 150;

/** The server takes no shorter text. */
const shortest = 2;

export class SearchBox {
  #input = el("input", {
    class: "input", id: "search", type: "search", placeholder: "Name, email or phone", autocomplete: "off", spellcheck: "false",
    maxlength: 200, "aria-label": "Search customers", "aria-keyshortcuts": "/", "aria-describedby": "search-hint",
  });
  #hint = el("p", { class: "hint", id: "search-hint" });
  #timer = 0;
  /** What is searched for because of what was typed. */
  #told = "";
  #onText;

  /**
   * @param {Object} o
   * @param {(text: string) => void} o.onText what to search for, empty for nothing
   * @param {() => void} o.onEnter
   * @param {() => void} o.onDown
   */
  constructor({ onText, onEnter, onDown }) {
    this.#onText = onText;
    this.#input.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#tell(), pause);
    });
    /** @type {Record<string, () => void>} */
    const keys = {
      Enter: () => {
        this.#tell();
        onEnter();
      },
      ArrowDown: onDown,
      Escape: () => this.#escape(),
    };
    this.#input.addEventListener("keydown", (event) => {
      if (event.isComposing || !keys[event.key]) return;
      event.preventDefault();
      keys[event.key]();
    });
    this.element = el("search", { class: "search" }, el("div", { class: "search-field" }, icon("search"), this.#input, el("kbd", { "aria-hidden": "true" }, "/")), this.#hint);
  }

  focus() {
    this.#input.focus();
    this.#input.select();
  }

  /** @param {string} text what is searched for; what is being typed stays, unless the text came another way */
  show(text) {
    if (text !== this.#told) this.#input.value = this.#told = text;
    this.#explain();
  }

  #tell() {
    clearTimeout(this.#timer);
    const text = this.#input.value.trim();
    this.#explain();
    this.#told = [...text].length < shortest ? "" : text;
    this.#onText(this.#told);
  }

  #explain() {
    const length = [...this.#input.value.trim()].length;
    this.#hint.textContent = length > 0 && length < shortest ? "Type at least two characters." : "";
  }

  /** Esc empties the field first, and leaves it when it is empty. */
  #escape() {
    if (this.#input.value === "") return this.#input.blur();
    this.#input.value = "";
    this.#tell();
  }

  stop() {
    clearTimeout(this.#timer);
  }
}
