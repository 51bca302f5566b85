// @ts-check
// Figures and times as people read them.

import { el } from "./dom.js";

const language = "en-GB";
const wholeFormat = new Intl.NumberFormat(language);
const moneyFormat = new Intl.NumberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
/** @param {number} n */
export const whole = (n) => wholeFormat.format(n);

/** @param {number} n an amount as the API gives it; it has no currency */
export const money = (n) => moneyFormat.format(n);

/**
 * "1 customer", "2 customers".
 *
 * @param {number} n @param {string} one @param {string} [many]
 */
export const count = (n, one, many = `${one}s`) => `${whole(n)} ${n === 1 ? one : many}`;

/**
 * Days and times are shown in the service's own zone, so that they agree with its
 * filters and figures. Until it is known they are in UTC.
 */
let clock = clockIn("UTC");

/** @param {string} zone such as "Europe/Berlin" */
export function showTimesIn(zone) {
  clock = clockIn(zone);
}

/** @param {string} zone */
function clockIn(zone) {
  /** @type {Intl.DateTimeFormatOptions} */
  const day = { day: "numeric", month: "short", year: "numeric", timeZone: zone };
  return {
    zone,
    day: new Intl.DateTimeFormat(language, day),
    moment: new Intl.DateTimeFormat(language, { ...day, hour: "2-digit", minute: "2-digit" }),
    exact: new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "long", timeZone: zone }),
  };
}

/** The zone that times are shown in: "Europe/Berlin". */
export const zoneName = () => clock.zone;

/** @param {string | Date} at 25 Jan 2026 */
export const dayText = (at) => clock.day.format(new Date(at));

/** @param {string | Date} at 25 Jan 2026, 14:30 */
export const momentText = (at) => clock.moment.format(new Date(at));

/**
 * A day; the exact time with its zone shows on hover.
 *
 * @param {string | undefined} at
 */
export const day = (at) => at ? timeElement(at, dayText(at)) : el("span", { class: "soft" }, "–");

/**
 * A day with its time; the exact time with its zone shows on hover.
 *
 * @param {string} at
 */
export const moment = (at) => timeElement(at, momentText(at));

/** @param {string} at @param {string} text */
function timeElement(at, text) {
  return el("time", { datetime: at, title: clock.exact.format(new Date(at)) }, text);
}

const steps = /** @type {const} */ ([[60, "second"], [60, "minute"], [24, "hour"], [Infinity, "day"]]);

/**
 * How long ago something was: "3 hours ago".
 *
 * @param {string | Date} at @param {Date} [now]
 */
export function ago(at, now = new Date()) {
  let length = (now.getTime() - new Date(at).getTime()) / 1000;
  for (const [size, unit] of steps) {
    if (Math.abs(length) < size) return new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(-Math.floor(length), unit);
    length /= size;
  }
  return momentText(at);
}

/** @param {import("./api.js").Status} status */
export function statusSign(status) {
  const sign = { Active: "good", Inactive: "off", Suspended: "bad" }[status] ?? "";
  return el("span", { class: `status ${sign}` }, status);
}

/** @param {import("./api.js").Tier} tier */
export function tierBadge(tier) {
  const colour = { Regular: "", Premium: "badge violet", VIP: "badge warn" }[tier];
  return el("span", { class: colour || "tier" }, tier); // most are Regular: a badge on each would tell nothing
}
