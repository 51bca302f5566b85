// @ts-check
// The console's icons, drawn on a grid of 16 with lines in the text's colour.

import { svg } from "./dom.js";

const paths = {
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10ZM14 14l-3.4-3.4",
  close: "M4 4l8 8M12 4l-8 8",
  plus: "M8 3v10M3 8h10",
  edit: "M3 13l.6-2.8 7-7a1.3 1.3 0 0 1 1.9 0l.3.3a1.3 1.3 0 0 1 0 1.9l-7 7L3 13ZM9.5 4.3l2.2 2.2",
  back: "M10 3 5 8l5 5",
  next: "M6 3l5 5-5 5",
  first: "M11 3 6 8l5 5M4 3v10",
  last: "M5 3l5 5-5 5M12 3v10",
  copy: "M6 6h7v7H6zM10 6V3H3v7h3",
  sun: "M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM8 1.5v1M8 13.5v1M1.5 8h1M13.5 8h1M3.4 3.4l.7.7M11.9 11.9l.7.7M3.4 12.6l.7-.7M11.9 4.1l.7-.7",
  moon: "M13.2 9.6A5.6 5.6 0 0 1 6.4 2.8a5.6 5.6 0 1 0 6.8 6.8Z",
  system: "M2 3h12v8H2zM6 14h4M8 11v3",
  person: "M8 8a2.7 2.7 0 1 0 0-5.4A2.7 2.7 0 0 0 8 8ZM2.8 14c.5-2.7 2.5-4 5.2-4s4.7 1.3 5.2 4",
  refresh: "M13 8a5 5 0 1 1-1.5-3.6L13 6M13 2.5V6H9.5",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  play: "M5 3.2 12.5 8 5 12.8Z",
  trash: "M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5 5 13h6l.5-8.5M6.8 7v3.8M9.2 7v3.8",
  warning: "M8 2.2 14.3 13H1.7L8 2.2ZM8 6.4v3M8 11.2v.1",
};

/**
 * Makes an icon. It says nothing to a screen reader: the text beside it, or the
 * label of what holds it, does.
 *
 * @param {keyof typeof paths} name
 */
export function icon(name) {
  return svg("svg", {
    class: "icon-drawing", viewBox: "0 0 16 16", width: 16, height: 16, fill: "none", stroke: "currentColor",
    "stroke-width": 1.5, "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true",
  }, svg("path", { d: paths[name] }));
}
