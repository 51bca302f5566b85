// @ts-check
// Showing the same thing again and again without disturbing whoever reads it or
// works with it: what has not changed is not touched.

/**
 * Makes a drawing that happens only when what it shows is different.
 *
 * @template T
 * @param {(value: T) => void} draw
 * @returns {(value: T) => void}
 */
export function onChange(draw) {
  /** @type {string | undefined} */
  let shown;
  return (value) => {
    const next = JSON.stringify(value);
    if (next === shown) return;
    shown = next;
    draw(value);
  };
}

/**
 * A list whose lines stay the same elements as long as their items do. The focus
 * stays at the same button of the same item, and goes to `refuge` when its line is gone.
 *
 * @template T
 */
export class SteadyList {
  #list;
  #keyOf;
  #line;
  #refuge;
  /** @type {Map<string, {line: HTMLElement, text: string}>} */
  #lines = new Map();

  /**
   * @param {Object} o
   * @param {HTMLElement} o.list
   * @param {(item: T) => string} o.keyOf
   * @param {(item: T) => HTMLElement} o.line its buttons are told apart by data-action
   * @param {HTMLElement} o.refuge
   */
  constructor({ list, keyOf, line, refuge }) {
    this.#list = list;
    this.#keyOf = keyOf;
    this.#line = line;
    this.#refuge = refuge;
  }

  /** @param {T[]} items */
  show(items) {
    const focused = this.#list.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement) : null;
    const key = focused?.closest("li")?.dataset.key;
    const before = this.#lines;
    this.#lines = new Map(items.map((item) => {
      const text = JSON.stringify(item);
      const known = before.get(this.#keyOf(item));
      return [this.#keyOf(item), known?.text === text ? known : { line: this.#made(item), text }];
    }));
    this.#arrange();
    if (focused && !focused.isConnected) this.#focus(key, focused.dataset.action);
  }

  /** @param {T} item */
  #made(item) {
    const line = this.#line(item);
    line.dataset.key = this.#keyOf(item);
    return line;
  }

  /** Puts the lines in order. One that is in its place is not moved: it would lose the focus. */
  #arrange() {
    const kept = new Set([...this.#lines.values()].map(({ line }) => line));
    for (const line of [...this.#list.children]) {
      if (!kept.has(/** @type {HTMLElement} */ (line))) line.remove();
    }
    let place = this.#list.firstElementChild;
    for (const line of kept) {
      if (line === place) place = line.nextElementSibling;
      else this.#list.insertBefore(line, place);
    }
  }

  /** @param {string | undefined} key @param {string | undefined} action */
  #focus(key, action) {
    const line = this.#lines.get(key ?? "")?.line;
    const button = line?.querySelector(`[data-action="${action}"]`);
    (button instanceof HTMLElement ? button : this.#refuge).focus({ preventScroll: true });
  }
}
