// @ts-check
// How well the service and its parts do: readiness, search index, store, backup.

import { el, fill } from "./dom.js";
import { ago, count, moment, whole } from "./format.js";
import { skeletonLines } from "./states.js";
import { onChange } from "./steady.js";

/** @import { Child } from "./dom.js" */
/** @import { Backup, Condition, Index, Operations, Part, Store } from "./operations-api.js" */

/** @type {Record<Condition, {word: string, sign: string}>} */
const conditions = {
  ok: { word: "OK", sign: "good" },
  degraded: { word: "Degraded", sign: "warn" },
  unavailable: { word: "Unavailable", sign: "bad" },
};

/** @type {Record<string, string>} by the API's names; one that is not here is shown by that */
const partNames = { server: "Server", store: "Store", search: "Search", auth: "Token keys", outbox: "Outbox", parked: "Parked events", backup: "Backup" };

/** @param {string} part */
export const partName = (part) => partNames[part] ?? part;

/** @param {Condition} state */
export const conditionWord = (state) => conditions[state]?.word ?? state;

/** @param {Condition} state @param {string} [word] */
export function conditionSign(state, word = conditionWord(state)) {
  return el("span", { class: `status ${conditions[state]?.sign ?? ""}` }, word);
}

/** The cards of the service's parts. */
export class Conditions {
  #readiness = el("div", { class: "card-body" }, skeletonLines(3));
  #index = el("div", { class: "card-body" }, skeletonLines(4));
  #store = el("div", { class: "card-body" }, skeletonLines(4));
  #backup = el("div", { class: "card-body" }, skeletonLines(4));
  #showReadiness = onChange((/** @type {Operations["readiness"]} */ r) => fill(this.#readiness, partList(r.parts)));
  #showIndex = onChange((/** @type {Index} */ index) => fill(this.#index, indexFacts(index)));
  #showStore = onChange((/** @type {Store} */ store) => fill(this.#store, storeFacts(store)));
  #showBackup = onChange((/** @type {{backup: Backup, age: string}} */ { backup, age }) => fill(this.#backup, backupFacts(backup, age)));

  constructor() {
    this.element = el("div", { class: "stack" },
      card("readiness", "Readiness", this.#readiness),
      el("div", { class: "operations-parts" },
        card("index", "Search index", this.#index), card("store", "Store", this.#store), card("backup", "Backup", this.#backup)));
  }

  /** @param {Operations} operations */
  show({ asOf, readiness, index, store, backup }) {
    this.#showReadiness(readiness);
    this.#showIndex(index);
    this.#showStore(store);
    this.#showBackup({ backup, age: backup.lastGood ? ago(backup.lastGood, new Date(asOf)) : "" });
  }
}

/** @param {string} id @param {string} title @param {HTMLElement} body */
function card(id, title, body) {
  return el("section", { class: "card", id }, el("div", { class: "card-head" }, el("h2", null, title)), body);
}

/** @param {Record<string, Part>} parts */
function partList(parts) {
  return el("dl", { class: "parts" }, Object.entries(parts).map(([name, { state, reason }]) =>
    el("div", { dataset: { part: name } },
      el("dt", null, partName(name)), el("dd", null, conditionSign(state)),
      reason && el("dd", { class: "soft small part-reason" }, sentence(reason)))));
}

/** @param {string} reason */
const sentence = (reason) => reason.charAt(0).toUpperCase() + reason.slice(1);

/** @param {Array<[string, Child]>} lines */
function facts(lines) {
  return el("dl", { class: "facts" }, lines.map(([name, value]) => [el("dt", null, name), el("dd", null, value)]));
}

const indexStates = /** @type {const} */ ({ ok: ["ok", "Up to date"], rebuilding: ["degraded", "Rebuilding"], failed: ["degraded", "Failed, will be tried again"] });

/** @param {Index} index */
function indexFacts({ state, reason, answering, documents, lag, rebuild }) {
  const [condition, word] = indexStates[state];
  return [
    facts([
      ["State", [conditionSign(condition, word), reason && el("span", { class: "soft small part-reason" }, sentence(reason))]],
      ["Searches", answering ? "Answered" : "Wait for the index"],
      ["Customers", whole(documents)],
      ["Behind by", lag === 0 ? "Nothing" : count(lag, "change")],
    ]),
    rebuild && rebuildProgress(rebuild),
  ];
}

/** @param {{done: number, total: number}} rebuild */
function rebuildProgress({ done, total }) {
  return el("label", { class: "rebuild" }, `Rebuild: ${whole(done)} of ${count(total, "customer")}`, el("progress", { value: done, max: Math.max(total, 1) }));
}

/** @param {Store} store */
function storeFacts({ customers, fileBytes, freeBytes, queuedCommands, lastChange }) {
  return facts([
    ["Customers", whole(customers)],
    ["File", [bytes(fileBytes), el("span", { class: "soft small" }, ` ${bytes(freeBytes)} of it free`)]],
    ["Writes waiting", whole(queuedCommands)],
    ["Last change", `No. ${whole(lastChange)}`],
  ]);
}

/** @param {Backup} backup @param {string} age */
function backupFacts({ scheduled, everySeconds = 0, failing, lastGood }, age) {
  if (!scheduled) return el("p", { class: "soft" }, "No backups are scheduled. Set --backup-dir to have them made, or run crms backup.");
  return facts([
    ["Last good", lastGood ? [age, el("br"), el("span", { class: "soft small" }, moment(lastGood))] : "None yet"],
    ["Last attempt", failing ? conditionSign("degraded", "Failed, see the log") : lastGood ? conditionSign("ok", "Succeeded") : "Under way"],
    ["Made every", span(everySeconds)],
  ]);
}

/** @param {number} seconds */
function span(seconds) {
  const units = /** @type {const} */ ([[86400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]]);
  const [size, unit] = units.find(([s]) => seconds >= s && seconds % s === 0) ?? units[3];
  return count(seconds / size, unit);
}

/** @param {number} n 1.5 MiB */
function bytes(n) {
  const power = n < 1024 ? 0 : Math.min(Math.floor(Math.log2(n) / 10), 4);
  const size = n / 1024 ** power;
  return `${size.toFixed(power === 0 || size >= 100 ? 0 : 1)} ${["B", "KiB", "MiB", "GiB", "TiB"][power]}`;
}
