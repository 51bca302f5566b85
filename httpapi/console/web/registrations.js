// @ts-check
// New customers by day or week, over a range of choice.

import { columnChart } from "./charts.js";
import { el, fill } from "./dom.js";
import { count, whole } from "./format.js";
import { isAborted } from "./http.js";
import { errorState } from "./states.js";

/** @import { Column } from "./charts.js" */
/** @import { Context } from "./routes.js" */

/**
 * @typedef {{day: string, newCustomers: number}} Day
 * @typedef {{days: Day[], toDate: string, asOf: string}} Answer
 * @typedef {Record<"newCustomersToday" | "newCustomersThisWeek" | "newCustomersThisMonth", number>} Totals
 *
 * @typedef {Object} Range
 * @property {string} name
 * @property {number} days up to today, of the usual range as many as the API answers unasked
 * @property {boolean} [byWeek] so many days are too many to tell apart
 * @property {number} [weeksPerTick] how far the Mondays on the axis are apart
 */

/** @type {Record<string, Range>} by what stands in the address */
const ranges = {
  30: { name: "30 days", days: 30, weeksPerTick: 1 },
  90: { name: "90 days", days: 90, weeksPerTick: 4 },
  year: { name: "Year", days: 364, byWeek: true },
};
const usualRange = "30";

/** The card of new customers. */
export class Registrations {
  #context;
  #range = usualRange;
  #title = el("h2");
  #totals = el("dl", { class: "registrations-totals" });
  #chart = el("div", { class: "dims registrations-chart" });
  /** @type {AbortController | null} */
  #loading = null;

  /** @param {Context} context @param {(range: string | null) => void} onRange null is the usual one */
  constructor(context, onRange) {
    this.#context = context;
    this.choices = rangeChoices((range) => onRange(range === usualRange ? null : range));
    this.element = el("section", { class: "card", id: "registrations" },
      el("div", { class: "card-head" }, this.#title, this.choices),
      el("div", { class: "card-body" }, this.#totals, this.#chart));
    fill(this.#chart, el("span", { class: "skeleton block" }));
  }

  /** @param {URLSearchParams} query with the range */
  choose(query) {
    const asked = query.get("range") ?? usualRange;
    this.#range = Object.hasOwn(ranges, asked) ? asked : usualRange;
    /** @type {HTMLInputElement} */ (this.choices.querySelector(`[value="${this.#range}"]`)).checked = true;
    this.#title.textContent = `New customers by ${ranges[this.#range].byWeek ? "week" : "day"}`;
  }

  /** @param {Totals | null} totals null while they load */
  showTotals(totals) {
    const loading = el("span", { class: "skeleton" });
    fill(this.#totals, [
      ["Today", totals?.newCustomersToday], ["This week", totals?.newCustomersThisWeek], ["This month", totals?.newCustomersThisMonth],
    ].map(([name, n]) => el("div", null, el("dt", null, name), el("dd", null, n === undefined ? loading.cloneNode() : whole(Number(n))))));
  }

  /**
   * Fetches the figures of the chosen range; the chart stays until they are there.
   *
   * @returns {Promise<string | null>} the moment that they hold for, null when they cannot be had
   */
  async load() {
    this.#loading?.abort();
    const loading = this.#loading = new AbortController();
    const signal = AbortSignal.any([loading.signal, this.#context.signal]);
    this.#chart.setAttribute("aria-busy", "true");
    try {
      const range = ranges[this.#range];
      const { days, asOf } = await this.#fetch(range, signal);
      fill(this.#chart, registrationsChart(days, range));
      this.#chart.removeAttribute("aria-busy");
      return asOf;
    } catch (error) {
      if (isAborted(error)) return null;
      fill(this.#chart, errorState(error, () => this.load()));
      this.#chart.removeAttribute("aria-busy");
      return null;
    }
  }

  /**
   * Fetches a range that ends with the service's own today, which the usual range
   * tells: the browser's clock may be wrong.
   *
   * @param {Range} range @param {AbortSignal} signal @returns {Promise<Answer>}
   */
  async #fetch(range, signal) {
    const path = "/api/customers/analytics/registrations";
    const usual = await this.#context.api.get(path, { signal });
    if (range === ranges[usualRange]) return usual;
    const { toDate } = usual;
    return this.#context.api.get(path, { query: { fromDate: dayAfter(toDate, 1 - range.days), toDate }, signal });
  }
}

/** @param {(range: string) => void} onChoice */
function rangeChoices(onChoice) {
  return el("fieldset", { class: "push ranges" },
    el("legend", { class: "visually-hidden" }, "Range"),
    el("div", { class: "segments" }, Object.entries(ranges).map(([value, { name }]) =>
      el("label", { class: "segment" }, el("input", { type: "radio", name: "range", value, on: { change: () => onChoice(value) } }), name))));
}

/** @param {Day[]} days @param {Range} range */
function registrationsChart(days, { name, byWeek, weeksPerTick }) {
  const columns = byWeek ? weekColumns(days) : dayColumns(days, weeksPerTick);
  const total = columns.reduce((sum, c) => sum + c.value, 0);
  const period = byWeek ? `${columns.length} weeks` : name;
  return columnChart({
    title: `New customers by ${byWeek ? "week" : "day"}`,
    summary: total === 0 ? `Nobody registered in ${period}` : `${newCustomers(total)} in ${period}`,
    heads: [byWeek ? "Week" : "Day", "New customers"],
    columns,
  });
}

/** @param {number} n */
const newCustomers = (n) => count(n, "new customer");

/** @param {Day[]} days @param {number} [weeksPerTick] @returns {Column[]} with Mondays marked */
function dayColumns(days, weeksPerTick = 1) {
  const firstMonday = days.findIndex((d) => isMonday(d.day));
  return days.map(({ day, newCustomers: n }, i) => {
    const isMarked = i >= firstMonday && (i - firstMonday) % (7 * weeksPerTick) === 0;
    return { name: dayName(day), value: n, text: newCustomers(n), tick: isMarked ? shortDay(day) : undefined };
  });
}

/**
 * Sums whole weeks, as the analytics count them: Monday first. What comes before the
 * first Monday is left out; the present week is not over.
 *
 * @param {Day[]} days @returns {Column[]} with every second month marked
 */
function weekColumns(days) {
  /** @type {Array<{from: string, to: string, value: number}>} */
  const weeks = [];
  for (const { day, newCustomers: n } of days.slice(days.findIndex((d) => isMonday(d.day)))) {
    if (isMonday(day)) weeks.push({ from: day, to: day, value: 0 });
    const week = weeks[weeks.length - 1];
    week.to = day;
    week.value += n;
  }
  return weeks.map(({ from, to, value }) => ({ name: `${shortDay(from)} to ${dayName(to)}`, value, text: newCustomers(value), tick: monthBegun(from) }));
}

/** @param {string} monday @returns {string | undefined} the month that begins in its week, every second one */
function monthBegun(monday) {
  const sunday = dayAfter(monday, 6);
  const begins = monday.endsWith("-01") || monday.slice(0, 7) !== sunday.slice(0, 7);
  return begins && Number(sunday.slice(5, 7)) % 2 === 1 ? monthFormat.format(new Date(sunday)) : undefined;
}

// Days such as "2026-01-25" are already those of the service: they are read and
// written in UTC, where each has 24 hours.

const dayFormat = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const shortFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
const monthFormat = new Intl.DateTimeFormat("en-GB", { month: "short", timeZone: "UTC" });

/** @param {string} day Sun, 25 Jan 2026 */
const dayName = (day) => dayFormat.format(new Date(day));

/** @param {string} day 25 Jan */
const shortDay = (day) => shortFormat.format(new Date(day));

/** @param {string} day */
const isMonday = (day) => new Date(day).getUTCDay() === 1;

/** @param {string} day @param {number} n may be negative */
function dayAfter(day, n) {
  const at = new Date(day);
  at.setUTCDate(at.getUTCDate() + n);
  return at.toISOString().slice(0, 10);
}
