// @ts-check
// The choice between the system's theme, light and dark. theme.js applies it at the start.

import { el } from "./dom.js";
import { icon } from "./icons.js";

const themes = /** @type {const} */ ([["system", "System"], ["light", "Light"], ["dark", "Dark"]]);
const icons = /** @type {const} */ ({ system: "system", light: "sun", dark: "moon" });

export function themeSwitch() {
  const root = document.documentElement;
  /** @param {string} theme */
  const choose = (theme) => {
    root.dataset.theme = theme;
    localStorage.setItem("crms.theme", theme);
  };
  return el("fieldset", { class: "theme-switch" },
    el("legend", { class: "label" }, "Theme"),
    el("div", { class: "segments" }, themes.map(([theme, name]) =>
      el("label", { class: "segment" },
        el("input", { type: "radio", name: "theme", value: theme, checked: root.dataset.theme === theme, on: { change: () => choose(theme) } }),
        icon(icons[theme]), name))));
}
