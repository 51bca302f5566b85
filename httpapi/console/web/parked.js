// @ts-check
// Parked events: those of users that are not registered, or not any more.

import { toast } from "./announcer.js";
import { confirmed } from "./dialogs.js";
import { el } from "./dom.js";
import { whileBusy } from "./fields.js";
import { count, moment, whole } from "./format.js";
import { dropParked, parkedEvents } from "./operations-api.js";
import { explained } from "./states.js";
import { WaitingRoom } from "./waiting-room.js";

/** @import { Operations, ParkedEvent } from "./operations-api.js" */
/** @import { Context } from "./routes.js" */

/**
 * @typedef {Object} Group the events of one user
 * @property {string} userId
 * @property {ParkedEvent["why"]} why
 * @property {string} since of the first
 * @property {Record<string, number>} types how many of each
 */

const limit = 100;

export class Parked {
  #context;
  #refresh;
  #room = new WaitingRoom({
    id: "parked", title: "Parked events",
    keyOf: (/** @type {Group} */ g) => g.userId, line: (g) => this.#line(g), onTurn: () => this.#refresh(),
  });

  /** @param {Context} context @param {() => void} refresh shows what has changed */
  constructor(context, refresh) {
    this.#context = context;
    this.#refresh = refresh;
    this.element = this.#room.element;
  }

  /** @param {Operations["parked"]} counts */
  async show({ unknownUsers, deletedUsers }) {
    this.#room.showBadges([
      ...(unknownUsers > 0 ? [{ text: `${whole(unknownUsers)} of unknown users`, colour: "accent" }] : []),
      ...(deletedUsers > 0 ? [{ text: `${whole(deletedUsers)} of deleted users`, colour: "" }] : []),
    ]);
    if (unknownUsers + deletedUsers === 0) {
      this.#room.showNothing("Nothing waits. Events of users that are not registered yet would stand here until they are.");
      return;
    }
    const { items, pagination } = await parkedEvents(this.#context.api, { page: this.#room.page, limit }, this.#context.signal);
    if (items.length > 0) this.#room.showItems(byUser(items), pagination);
    else if (this.#room.returnTo(pagination)) this.#refresh();
  }

  /** @param {Group} group */
  #line({ userId, why, since, types }) {
    const total = Object.values(types).reduce((sum, n) => sum + n, 0);
    const drop = el("button", { class: "button danger-quiet", type: "button", "aria-label": `Drop: events of ${userId}`, dataset: { action: "drop" } }, "Drop");
    drop.addEventListener("click", () => whileBusy(drop, () => this.#drop(userId)));
    return el("li", null,
      el("div", { class: "waiting-what" },
        el("p", null, el("strong", { class: "mono" }, userId), el("span", { class: "badge" }, count(total, "event"))),
        el("p", { class: "small" },
          el("span", { class: "soft" }, why === "deleted user" ? "User was deleted" : "User is not registered", " · since ", moment(since)),
          el("span", null, Object.entries(types).map(([type, n]) => n === 1 ? type : `${whole(n)} × ${type}`).join(", ")))),
      el("div", { class: "row" }, drop));
  }

  /** @param {string} userId */
  async #drop(userId) {
    const sure = await confirmed({
      title: "Drop these events?", yes: "Drop events", danger: true,
      text: `All events that wait for ${userId} are forgotten. Should the user register later, its orders and complaints will be missing.`,
    });
    if (!sure) return;
    try {
      toast(`${count((await dropParked(this.#context.api, userId)).dropped, "event")} dropped`);
    } catch (error) {
      toast(explained(error).title);
    }
    this.#refresh();
  }
}

/** @param {ParkedEvent[]} events those of a user stand together @returns {Group[]} */
function byUser(events) {
  return [...Map.groupBy(events, (e) => e.userId)].map(([userId, own]) => ({
    userId, why: own[0].why,
    since: own.map((e) => e.since).toSorted()[0],
    types: Object.fromEntries([...Map.groupBy(own, (e) => e.type)].map(([type, same]) => [type, same.length])),
  }));
}
