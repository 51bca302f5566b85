// @ts-check
// Charts: bars for a few names, columns for a run of days. Their geometry is in
// percent, so that they fit any width without being drawn anew.

import { el, svg, uniqueId } from "./dom.js";
import { whole } from "./format.js";

/**
 * @typedef {Object} Bar
 * @property {string} label
 * @property {number} value not negative
 * @property {string} [text] the value in words, when the bare number does not say enough
 * @property {"good" | "muted" | "warning" | "bad" | "violet"} [tone]
 * @property {string} [href] where the label leads
 *
 * @typedef {Object} Bars
 * @property {string} title
 * @property {boolean} [captionHidden] the title stands somewhere else already
 * @property {boolean} [share] says each bar's share of the sum
 * @property {string} [empty] said in place of bars that are all 0
 * @property {Bar[]} items
 */

/**
 * Makes a list of bars: name, bar and figure in each line. It reads well without
 * the bars too.
 *
 * @param {Bars} bars
 */
export function barList({ title, captionHidden = false, share = false, empty = "Nothing yet", items }) {
  const most = Math.max(0, ...items.map((b) => b.value));
  const sum = items.reduce((total, b) => total + b.value, 0);
  return el("figure", { class: "bars" },
    el("figcaption", { class: captionHidden ? "visually-hidden" : "bars-caption" }, title),
    sum === 0
      ? el("p", { class: "soft" }, empty)
      : el("ul", { class: share ? "bars-list with-share" : "bars-list" }, items.map((item) => barLine(item, most, share ? item.value / sum : null))));
}

/** @param {Bar} bar @param {number} most @param {number | null} share */
function barLine({ label, value, text, tone, href }, most, share) {
  return el("li", null,
    el("span", { class: "bars-label" }, href ? el("a", { href }, label) : label),
    svg("svg", { class: `bars-track ${tone ?? ""}`, "aria-hidden": "true" }, svg("rect", { width: percent(value / most), height: "100%", rx: 2 })),
    el("span", { class: "bars-value" }, text ?? whole(value)),
    share !== null && el("span", { class: "bars-share" }, shareFormat.format(share)));
}

const shareFormat = new Intl.NumberFormat("en-GB", { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** @param {number} n */
const percent = (n) => `${(100 * n).toFixed(3)}%`;

/**
 * @typedef {Object} Column
 * @property {string} name in full: "Mon 23 Nov 2026"
 * @property {number} value not negative
 * @property {string} text the value with what it counts: "8 new customers"
 * @property {string} [tick] stands below the column
 *
 * @typedef {Object} Columns
 * @property {string} title what a screen reader calls the chart
 * @property {string} summary shown while no column is pointed at
 * @property {[string, string]} heads of the table: of the names and of the values
 * @property {Column[]} columns at least one
 */

/**
 * Makes a chart of columns with its figures as a table below. One column at a time
 * can be read out, with pointer or keys.
 *
 * @param {Columns} chart
 */
export function columnChart(chart) {
  const scale = scaleOf(Math.max(...chart.columns.map((c) => c.value)));
  return el("figure", { class: "columns" },
    el("div", { class: "columns-grid" }, scaleDrawing(scale), plot(chart, scale), tickDrawing(chart.columns)),
    figuresTable(chart));
}

/**
 * The lines of the scale, from 0 to at least the largest value: whole, round
 * numbers, about four of them.
 *
 * @param {number} most
 */
function scaleOf(most) {
  const rough = Math.max(most, 1) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough) ?? rough);
  const lines = Math.ceil(Math.max(most, 1) / step);
  return Array.from({ length: lines + 1 }, (_, i) => i * step);
}

/** @param {number[]} scale */
function scaleDrawing(scale) {
  const top = scale[scale.length - 1];
  return svg("svg", { class: "columns-scale", "aria-hidden": "true" },
    scale.map((n) => svg("text", { x: "100%", y: percent(1 - n / top), dy: "0.32em", "text-anchor": "end" }, compact.format(n))));
}

const compact = new Intl.NumberFormat("en-GB", { notation: "compact" });

/** @param {Column[]} columns */
function tickDrawing(columns) {
  return svg("svg", { class: "columns-ticks", "aria-hidden": "true" }, columns.map(({ tick }, i) => {
    if (!tick) return null;
    const at = (i + 0.5) / columns.length;
    const anchor = at > 0.96 ? "end" : at < 0.04 ? "start" : "middle";
    return svg("text", { x: percent(at), y: "1.4em", "text-anchor": anchor }, tick);
  }));
}

/**
 * The drawing with its read-out. To a screen reader it is a slider along the
 * columns, which says the figure of the one it stands at.
 *
 * @param {Columns} chart @param {number[]} scale
 */
function plot({ title, summary, columns }, scale) {
  const band = svg("rect", { class: "columns-band", y: 0, width: percent(1 / columns.length), height: "100%", visibility: "hidden" });
  const readOut = el("p", { class: "columns-readout", "aria-hidden": "true" }, summary);
  const element = el("div", {
    class: "columns-plot", role: "slider", tabindex: 0, "aria-label": title,
    "aria-valuemin": 1, "aria-valuemax": columns.length, "aria-valuenow": columns.length, "aria-valuetext": summary,
  }, readOut, columnDrawing(columns, scale, band));

  /** @param {number} i */
  const point = (i) => {
    const { name, text } = columns[i];
    band.setAttribute("x", percent(i / columns.length));
    band.setAttribute("visibility", "visible");
    readOut.textContent = `${name}: ${text}`;
    readOut.style.setProperty("--at", percent((i + 0.5) / columns.length));
    element.setAttribute("aria-valuenow", String(i + 1));
    element.setAttribute("aria-valuetext", `${name}: ${text}`);
  };
  const leave = () => {
    band.setAttribute("visibility", "hidden");
    readOut.textContent = summary;
    readOut.style.setProperty("--at", "0%");
  };
  listenToPointer(element, columns.length, point, leave);
  listenToKeys(element, columns.length, point, leave);
  return element;
}

const filled = 0.74; // of a column's place, the rest is the gap

/** @param {Column[]} columns @param {number[]} scale @param {SVGElement} band */
function columnDrawing(columns, scale, band) {
  const top = scale[scale.length - 1];
  const place = 1 / columns.length;
  return svg("svg", { class: "columns-drawing", "aria-hidden": "true" },
    band,
    scale.map((n) => svg("line", {
      class: n === 0 ? "columns-base" : "columns-line", x1: 0, x2: "100%", y1: percent(1 - n / top), y2: percent(1 - n / top),
    })),
    columns.map(({ value }, i) => value > 0 && svg("rect", {
      class: "columns-column", x: percent((i + (1 - filled) / 2) * place), width: percent(filled * place),
      y: percent(1 - value / top), height: percent(value / top),
    })));
}

/**
 * A mouse leaves the chart as it was; a finger leaves its column to be read.
 *
 * @param {HTMLElement} plot @param {number} columns
 * @param {(i: number) => void} point @param {() => void} leave
 */
function listenToPointer(plot, columns, point, leave) {
  /** @param {PointerEvent} event */
  const follow = (event) => {
    const { left, width } = plot.getBoundingClientRect();
    const i = Math.floor((event.clientX - left) / width * columns);
    point(Math.min(Math.max(i, 0), columns - 1));
  };
  plot.addEventListener("pointermove", follow);
  plot.addEventListener("pointerdown", follow);
  plot.addEventListener("pointerleave", (event) => {
    if (event.pointerType === "mouse") leave();
  });
}

const leap = 7; // columns, a week of days

/**
 * @param {HTMLElement} plot @param {number} columns
 * @param {(i: number) => void} point @param {() => void} leave
 */
function listenToKeys(plot, columns, point, leave) {
  const last = columns - 1;
  /** @type {Record<string, (i: number) => number>} */
  const moves = {
    ArrowLeft: (i) => i - 1, ArrowRight: (i) => i + 1, ArrowDown: (i) => i - 1, ArrowUp: (i) => i + 1,
    PageDown: (i) => i - leap, PageUp: (i) => i + leap, Home: () => 0, End: () => last,
  };
  const present = () => Number(plot.getAttribute("aria-valuenow")) - 1;
  plot.addEventListener("keydown", (event) => {
    const move = moves[event.key];
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    point(Math.min(Math.max(move(present()), 0), last));
  });
  plot.addEventListener("focus", () => {
    if (plot.matches(":focus-visible")) point(present());
  });
  plot.addEventListener("blur", leave);
}

/** @param {Columns} chart */
function figuresTable({ title, heads, columns }) {
  const name = uniqueId("figures");
  return el("details", { class: "columns-figures" },
    el("summary", { id: name }, "Figures as a table"),
    el("div", { class: "columns-table", role: "region", tabindex: 0, "aria-labelledby": name },
      el("table", { class: "table" },
        el("caption", { class: "visually-hidden" }, title),
        el("thead", null, el("tr", null, el("th", { scope: "col" }, heads[0]), el("th", { scope: "col", class: "number" }, heads[1]))),
        el("tbody", null, columns.toReversed().map((c) =>
          el("tr", null, el("td", null, c.name), el("td", { class: "number" }, whole(c.value))))))));
}
