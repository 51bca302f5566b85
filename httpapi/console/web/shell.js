// @ts-check
// What surrounds the pages: navigation, which page shows, its title and focus.

import { announce } from "./announcer.js";
import { confirmed } from "./dialogs.js";
import { el, fill } from "./dom.js";
import { accountMenu } from "./menu.js";
import { addressOf, currentPlace, go } from "./router.js";
import { home, routeOf, routes } from "./routes.js";
import { signInPage } from "./signin.js";
import { emptyState, errorState } from "./states.js";

/** @import { Api } from "./api.js" */
/** @import { Page } from "./routes.js" */

/**
 * @typedef {Object} Shown the page that shows
 * @property {string[]} path
 * @property {string} address
 * @property {AbortController} life
 * @property {Page | null} page null while it is fetched or when there is none
 * @property {boolean} mayGo whether what is unsaved on it has been given up
 */

export class Shell {
  #api;
  #signOut;
  #bar = byId("bar");
  #tabs = byId("tabs");
  #barEnd = byId("bar-end");
  #main = byId("page");
  /** @type {Shown | null} */
  #shown = null;

  /** @param {Api} api @param {() => void} signOut */
  constructor(api, signOut) {
    this.#api = api;
    this.#signOut = signOut;
    addEventListener("beforeunload", (event) => {
      if (this.#shown?.page?.isDirty?.()) event.preventDefault();
    });
    document.querySelector(".skip-link")?.addEventListener("click", (event) => {
      // The address is the place of the page and must not become "#page".
      event.preventDefault();
      this.#main.focus();
    });
  }

  /** Shows the sign-in instead of any page. @param {() => void} onSignedIn */
  showSignIn(onSignedIn) {
    for (const dialog of document.querySelectorAll("dialog")) dialog.close();
    this.#close();
    this.#shown = null;
    this.#bar.hidden = true;
    this.#present("Sign in", signInPage(this.#api, onSignedIn));
    this.#main.querySelector("textarea")?.focus();
  }

  /** Shows the navigation of whoever is signed in now. */
  showBar() {
    fill(this.#tabs, routes.filter((r) => r.tab).map((r) => el("a", { href: addressOf(r.path), dataset: { tab: r.within } }, r.tab)));
    fill(this.#barEnd, accountMenu(this.#signOut));
    this.#markTab();
    this.#bar.hidden = false;
  }

  /**
   * Shows the page of the present address.
   *
   * @param {{focus?: boolean}} [o] whether the page takes the focus even when it is the first
   */
  async showPlace({ focus = false } = {}) {
    if (currentPlace().path.length === 0) history.replaceState(null, "", addressOf(home));
    const { path, query } = currentPlace();
    const before = this.#shown;
    if (before && location.hash === before.address) return;
    if (before && before.page?.update && before.path.join("/") === path.join("/")) {
      before.address = location.hash;
      before.page.update(query);
      return;
    }
    if (!(await this.#mayLeave(before))) return;
    this.#close();
    const life = new AbortController();
    /** @type {Shown} */
    const shown = { path, address: location.hash, life, page: null, mayGo: false };
    this.#shown = shown;
    await this.#open(shown, query, before?.path ?? [], focus || before !== null);
  }

  /** @param {Shown} shown @param {URLSearchParams} query @param {string[]} from @param {boolean} focus */
  async #open(shown, query, from, focus) {
    const found = routeOf(shown.path);
    this.#markTab();
    if (!found) {
      this.#present("Not found", notFound(), focus);
      return;
    }
    try {
      const { page } = await found.route.load();
      if (shown.life.signal.aborted) return;
      shown.page = page({
        api: this.#api, params: found.params, query, from, signal: shown.life.signal,
        retitle: (title) => {
          if (!shown.life.signal.aborted) entitle(title);
        },
      });
      this.#present(shown.page.title, shown.page.element, focus);
    } catch (error) {
      if (shown.life.signal.aborted) return;
      this.#present("Error", errorState(error, () => location.reload()));
    }
  }

  /**
   * Puts a page in place. Whoever comes from another page is told of it by the
   * focus, which goes to the new heading; the first page leaves it alone.
   *
   * @param {string} title @param {HTMLElement} element @param {boolean} [focus]
   */
  #present(title, element, focus = false) {
    entitle(title);
    fill(this.#main, element);
    scrollTo(0, 0);
    if (!focus) return;
    const heading = element.querySelector("h1");
    heading?.setAttribute("tabindex", "-1");
    (heading ?? this.#main).focus({ preventScroll: true });
    announce(title);
  }

  /** @param {Shown | null} shown */
  async #mayLeave(shown) {
    if (!shown?.page?.isDirty?.() || shown.mayGo) return true;
    const wanted = location.hash;
    history.replaceState(null, "", shown.address);
    const leave = await confirmed({
      title: "Leave without saving?", text: "What you have entered on this page is not saved.", yes: "Leave", no: "Stay", danger: true,
    });
    shown.mayGo = leave;
    if (leave) go(wanted); // which brings us here again
    return false;
  }

  #close() {
    this.#shown?.life.abort();
    this.#shown?.page?.leave?.();
  }

  #markTab() {
    const within = routeOf(currentPlace().path)?.route.within;
    for (const tab of this.#tabs.querySelectorAll("a")) {
      if (tab.dataset.tab === within) tab.setAttribute("aria-current", "page");
      else tab.removeAttribute("aria-current");
    }
  }
}

function notFound() {
  return el("div", null, el("h1", { class: "visually-hidden" }, "Not found"),
    emptyState({ title: "There is no such page", text: "The address may be mistyped.", actions: [el("a", { class: "button", href: addressOf(home) }, "Go to customers")] }));
}

/** @param {string} title */
function entitle(title) {
  document.title = `${title} · crms`;
}

/** @param {string} id */
function byId(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}
