// @ts-check
// The outbox: what the auth service (ATHS) is still to be told.

import { toast } from "./announcer.js";
import { confirmed } from "./dialogs.js";
import { el } from "./dom.js";
import { whileBusy } from "./fields.js";
import { count, moment } from "./format.js";
import { dropEntry, outboxEntries, retryAllEntries, retryEntry } from "./operations-api.js";
import { explained } from "./states.js";
import { WaitingRoom } from "./waiting-room.js";

/** @import { OutboxEntry, Operations } from "./operations-api.js" */
/** @import { Context } from "./routes.js" */

const limit = 25;

export class Outbox {
  #context;
  #refresh;
  #retryAll = el("button", { class: "button", type: "button", id: "retry-all", hidden: true, on: { click: () => this.#sendAll() } }, "Retry all");
  #room = new WaitingRoom({
    id: "outbox", title: "Outbox", actions: this.#retryAll,
    keyOf: (/** @type {OutboxEntry} */ e) => String(e.id), line: (e) => this.#line(e), onTurn: () => this.#refresh(),
  });

  /** @param {Context} context @param {() => void} refresh shows what has changed */
  constructor(context, refresh) {
    this.#context = context;
    this.#refresh = refresh;
    this.element = this.#room.element;
  }

  /** @param {Operations["outbox"]} backlog */
  async show({ enabled, pending, dead }) {
    this.#room.showBadges([
      ...(dead > 0 ? [{ text: `${dead} dead`, colour: "bad" }] : []),
      ...(pending > 0 ? [{ text: `${pending} pending`, colour: "accent" }] : []),
    ]);
    this.#retryAll.hidden = pending + dead === 0;
    if (pending + dead === 0) {
      this.#room.showNothing(enabled
        ? "Nothing waits. Every status change and deletion has reached ATHS."
        : "No address of ATHS is set (--aths-url), so it is told nothing.");
      return;
    }
    const { items, pagination } = await outboxEntries(this.#context.api, { page: this.#room.page, limit }, this.#context.signal);
    if (items.length > 0) this.#room.showItems(items, pagination);
    else if (this.#room.returnTo(pagination)) this.#refresh();
  }

  /** @param {OutboxEntry} entry */
  #line(entry) {
    const { userId, state, attempts, since, nextAt, lastError } = entry;
    const name = `${wording(entry)} of ${userId}`;
    return el("li", null,
      el("div", { class: "waiting-what" },
        el("p", null, el("span", { class: `status ${state === "dead" ? "bad" : ""}` }, state === "dead" ? "Dead" : "Pending"),
          el("strong", null, wording(entry)), el("span", { class: "mono" }, userId)),
        el("p", { class: "small" },
          el("span", { class: "soft" }, "Since ", moment(since), ` · ${count(attempts, "attempt")}`, nextAt && [" · next ", moment(nextAt)]),
          lastError && el("span", { class: "waiting-error" }, lastError))),
      el("div", { class: "row" },
        this.#action("retry", "Retry", `Retry: ${name}`, () => this.#send(entry)),
        this.#action("drop", "Drop", `Drop: ${name}`, () => this.#drop(entry))));
  }

  /** @param {string} action @param {string} text @param {string} label @param {() => Promise<void>} work */
  #action(action, text, label, work) {
    const button = el("button", { class: action === "drop" ? "button danger-quiet" : "button", type: "button", "aria-label": label, dataset: { action } }, text);
    button.addEventListener("click", () => whileBusy(button, work));
    return button;
  }

  /** @param {OutboxEntry} entry */
  async #send(entry) {
    await this.#attempt(async () => {
      await retryEntry(this.#context.api, entry.id);
      toast(`${wording(entry)} will be sent again`);
    });
  }

  async #sendAll() {
    await whileBusy(this.#retryAll, () => this.#attempt(async () => {
      const { retried, overtaken } = await retryAllEntries(this.#context.api);
      const rest = overtaken > 0 ? `; ${count(overtaken, "has", "have")} been overtaken by a newer change, drop ${overtaken === 1 ? "it" : "them"}` : "";
      toast(`${count(retried, "entry", "entries")} will be sent again${rest}`);
    }));
  }

  /** @param {OutboxEntry} entry */
  async #drop(entry) {
    const sure = await confirmed({
      title: "Drop this entry?", yes: "Drop entry", danger: true,
      text: `${wording(entry)} of ${entry.userId} will never reach ATHS. The two services then differ until somebody changes the user there.`,
    });
    if (!sure) return;
    await this.#attempt(async () => {
      await dropEntry(this.#context.api, entry.id);
      toast("Entry dropped");
    });
  }

  /** @param {() => Promise<void>} work */
  async #attempt(work) {
    try {
      await work();
    } catch (error) {
      toast(explained(error).title);
    }
    this.#refresh();
  }
}

/** @param {OutboxEntry} entry */
function wording({ what }) {
  return what === "delete" ? "Deletion" : `Status change to ${what.replace("status ", "")}`;
}
