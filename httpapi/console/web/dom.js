// @ts-check
// Building elements. Text is always set as text: nothing here reads markup, so
// that a customer's name can never become a script.

/**
 * @typedef {Node | string | number | null | undefined | false | Children} Child
 * what an element holds; null, undefined and false leave nothing
 *
 * @typedef {{readonly [i: number]: Child, readonly length: number}} Children
 * an array of them, in the only words that a type can speak of itself in here
 */

/**
 * Makes an element: `el("a", {class: "button", href}, "Open")`.
 *
 * Properties are attributes, with these exceptions: `on` holds listeners by
 * event, `dataset` data attributes, `vars` custom properties of CSS. An attribute
 * that is false, null or undefined is left out, true is written empty.
 *
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any> | null} [properties]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function el(tag, properties, ...children) {
  const element = document.createElement(tag);
  equip(element, properties ?? {});
  append(element, children);
  return element;
}

const svgNamespace = "http://www.w3.org/2000/svg";

/**
 * Makes an element of SVG, as {@link el} does of HTML.
 *
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any> | null} [properties]
 * @param {...Child} children
 * @returns {SVGElementTagNameMap[K]}
 */
export function svg(tag, properties, ...children) {
  const element = document.createElementNS(svgNamespace, tag);
  equip(element, properties ?? {});
  append(element, children);
  return element;
}

/**
 * Replaces what an element holds.
 *
 * @param {Element} element
 * @param {...Child} children
 */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
}

/** @param {Element} element @param {Child[]} children */
function append(element, children) {
  for (const child of children) {
    if (Array.isArray(child)) append(element, child);
    else if (child !== null && child !== undefined && child !== false) element.append(child instanceof Node ? child : String(child));
  }
}

/** @param {HTMLElement | SVGElement} element @param {Record<string, any>} properties */
function equip(element, properties) {
  const { on = {}, dataset = {}, vars = {}, ...attributes } = properties;
  for (const [event, listener] of Object.entries(on)) element.addEventListener(event, listener);
  Object.assign(element.dataset, dataset);
  for (const [name, value] of Object.entries(vars)) element.style.setProperty(name, String(value));
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
}

/**
 * Makes an id that no other element has, to tie labels and hints to fields.
 *
 * @param {string} prefix
 */
export function uniqueId(prefix) {
  return `${prefix}-${crypto.getRandomValues(new Uint32Array(1))[0].toString(36)}`;
}
