// @ts-check
// The menu of whoever is signed in: who it is, until when, the theme, the way out.

import { el } from "./dom.js";
import { momentText } from "./format.js";
import { icon } from "./icons.js";
import { claimsOf, session } from "./session.js";
import { themeSwitch } from "./theme-switch.js";

/**
 * @param {() => void} onSignOut
 */
export function accountMenu(onSignOut) {
  const claims = claimsOf(session.token() ?? "");
  const menu = el("div", { class: "menu", id: "account-menu", popover: "auto" },
    el("div", { class: "menu-who" },
      el("strong", null, claims?.name || "Signed in"),
      claims?.expires && el("span", { class: "hint" }, "Until ", momentText(claims.expires))),
    themeSwitch(),
    el("a", { class: "menu-link", href: "/docs" }, "API documentation"),
    el("button", { class: "button", type: "button", id: "sign-out", on: { click: onSignOut } }, "Sign out"));
  const button = el("button", { class: "button quiet account", type: "button", id: "account", popovertarget: menu.id, "aria-label": `Account ${claims?.name ?? ""}`.trim() },
    icon("person"), el("span", { class: "account-name" }, claims?.name || "Account"));
  return [button, menu];
}
