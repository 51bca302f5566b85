// @ts-check
// The page of operations: how the service does, and what waits for an operator. It
// refreshes itself while it is looked at.

import { announce } from "./announcer.js";
import { Conditions, conditionSign, conditionWord, partName } from "./conditions.js";
import { el, fill } from "./dom.js";
import { zoneName } from "./format.js";
import { Heartbeat } from "./heartbeat.js";
import { isAborted } from "./http.js";
import { icon } from "./icons.js";
import { operations } from "./operations-api.js";
import { Outbox } from "./outbox.js";
import { Parked } from "./parked.js";
import { explained } from "./states.js";
import { onChange } from "./steady.js";

/** @import { Operations as Figures } from "./operations-api.js" */
/** @import { Context, Page } from "./routes.js" */

/** @param {Context} context @returns {Page} */
export function page(context) {
  return { title: "Operations", element: new Operations(context).element };
}

const pauseBetween = 5000; // milliseconds

class Operations {
  #context;
  #heartbeat;
  #state = el("p", { id: "state" });
  #asOf = el("p", { class: "soft", id: "as-of" }, "Loading…");
  #pause = el("button", { class: "button push", type: "button", id: "pause", on: { click: () => this.#togglePause() } });
  #problem = el("div");
  #conditions = new Conditions();
  #outbox;
  #parked;
  #parts;
  #version = el("p", { class: "hint", id: "version" });
  /** @type {Figures | null} */
  #last = null;
  #isFailing = false;
  #showState = onChange((/** @type {Figures["readiness"]["state"]} */ state) => fill(this.#state, conditionSign(state)));
  #showProblem = onChange((/** @type {{title: string, text: string} | null} */ problem) =>
    fill(this.#problem, problem && el("div", { class: "notice warn" }, el("strong", null, problem.title), el("p", null, problem.text))));

  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
    this.#heartbeat = new Heartbeat({ work: () => this.#refresh(), pause: pauseBetween, signal: context.signal });
    const refresh = () => { this.#heartbeat.now(); };
    this.#outbox = new Outbox(context, refresh);
    this.#parked = new Parked(context, refresh);
    this.#parts = el("div", { class: "stack" }, this.#conditions.element, this.#outbox.element, this.#parked.element, this.#version);
    this.element = el("div", { class: "stack operations" },
      el("div", { class: "page-head" }, el("h1", null, "Operations"), this.#state, this.#asOf, this.#pause), this.#problem, this.#parts);
    this.#showPause();
    refresh();
  }

  #togglePause() {
    this.#heartbeat.isPaused = !this.#heartbeat.isPaused;
    this.#showPause();
    announce(this.#heartbeat.isPaused ? "Refreshing paused" : "Refreshing every 5 seconds");
  }

  #showPause() {
    const { isPaused } = this.#heartbeat;
    fill(this.#pause, icon(isPaused ? "play" : "pause"), isPaused ? "Resume" : "Pause");
    this.#pause.setAttribute("aria-label", isPaused ? "Resume refreshing" : "Pause refreshing");
  }

  async #refresh() {
    try {
      const figures = await operations(this.#context.api, this.#context.signal);
      await Promise.all([this.#outbox.show(figures.outbox), this.#parked.show(figures.parked)]);
      this.#show(figures);
    } catch (error) {
      if (!isAborted(error)) this.#complain(error);
    }
  }

  /** @param {Figures} figures */
  #show(figures) {
    this.#showProblem(null);
    this.#parts.hidden = false;
    this.#showState(figures.readiness.state);
    this.#asOf.textContent = `As of ${clockTime(figures.asOf)}`;
    this.#version.textContent = `${figures.version} · times in ${zoneName()}`;
    this.#conditions.show(figures);
    this.#announceChanges(figures);
    this.#isFailing = false;
    this.#last = figures;
  }

  /** Says what is different from before, and nothing when nothing is. @param {Figures} figures */
  #announceChanges({ readiness, index }) {
    const before = this.#last;
    if (before === null) return;
    const changes = Object.entries(readiness.parts)
      .filter(([name, { state }]) => before.readiness.parts[name]?.state !== state)
      .map(([name, { state, reason }]) => `${partName(name)}: ${conditionWord(state)}${reason ? `, ${reason}` : ""}`);
    if (this.#isFailing) changes.unshift("The server answers again");
    if (before.index.state === "rebuilding" && index.state === "ok") changes.push("Search index is rebuilt");
    if (changes.length > 0) announce(changes.join(". "));
  }

  /** Figures that are there stay, as of the moment that they show. @param {unknown} error */
  #complain(error) {
    const { title, text } = explained(error);
    this.#parts.hidden = this.#last === null;
    if (this.#last === null) this.#asOf.textContent = "";
    this.#showProblem({ title: `Not refreshed: ${title}`, text: this.#heartbeat.isPaused ? text : `${text} This page tries again by itself.` });
    if (!this.#isFailing) announce(`Not refreshed: ${title}`);
    this.#isFailing = true;
  }
}

/** @param {string} at 14:30:05 */
function clockTime(at) {
  return new Intl.DateTimeFormat("en-GB", { timeStyle: "medium", timeZone: zoneName() }).format(new Date(at));
}
