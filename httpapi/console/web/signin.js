// @ts-check
// Signing in: with a token that is pasted, or with one click on a developer's machine.

import { el, fill } from "./dom.js";
import { openDialog } from "./dialogs.js";
import { clearProblems, field, formProblem, showProblems, whileBusy } from "./fields.js";
import { momentText } from "./format.js";
import { ApiError } from "./http.js";
import { claimsOf, session, tokenIn } from "./session.js";

/** @import { Api } from "./api.js" */

/**
 * The page before anybody is signed in.
 *
 * @param {Api} api
 * @param {() => void} onSignedIn
 */
export function signInPage(api, onSignedIn) {
  return el("div", { class: "signin" },
    el("section", { class: "card signin-card", "aria-labelledby": "signin-title" },
      el("img", { src: "/console/icon.svg", alt: "", width: 40, height: 40 }),
      el("h1", { id: "signin-title", tabindex: -1 }, "Sign in to crms"),
      el("p", { class: "soft" }, "The customer desk, for administrators."),
      signInForm(api, onSignedIn)));
}

/**
 * Asks for a new token above the page, which stays as it is.
 *
 * @param {Api} api
 * @returns {Promise<boolean>} false when it was cancelled
 */
export async function signInAgain(api) {
  const done = await openDialog({
    title: "Sign in again", testid: "sign-in-again",
    content: (close) => el("div", { class: "stack" },
      el("p", null, "Your token has expired or is no longer accepted. What you were doing is kept."),
      signInForm(api, () => close(true), el("button", { class: "button", type: "button", on: { click: () => close(false) } }, "Sign out"))),
  });
  return done === true;
}

/**
 * @param {Api} api
 * @param {() => void} onSignedIn
 * @param {HTMLElement} [beside] a button that stands beside the form's own
 */
function signInForm(api, onSignedIn, beside) {
  const token = field({
    label: "Access token", hint: ["An administrator's, from the auth service or of ", el("code", { class: "command" }, "crms token --role admin"), "."],
    control: el("textarea", { id: "token", class: "mono", rows: 4, required: true, spellcheck: "false", autocomplete: "off", autocapitalize: "off" }),
  });
  const general = formProblem();
  const submit = el("button", { class: "button primary", type: "submit" }, "Sign in");
  const quick = el("div", { hidden: true });
  const fields = { token: { name: "Token", field: token } };

  /** @param {string} text */
  const signIn = (text) => whileBusy(submit, async () => {
    clearProblems(fields, general);
    const given = tokenIn(text);
    try {
      if (given === "") throw refusal("is missing: paste one first");
      await api.check(given);
      session.keep(given);
      onSignedIn();
    } catch (error) {
      showProblems(inWords(error, given), fields, general);
    }
  });
  offerQuickSignIn(api, quick, signIn);

  const form = el("form", { class: "stack", novalidate: true, on: {
    submit: (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      signIn(token.control.value);
    },
  } }, quick, token.element, general, el("div", { class: "row signin-end" }, beside, submit));
  token.control.addEventListener("keydown", (event) => {
    // A token has no lines: Enter means to go on.
    if (/** @type {KeyboardEvent} */ (event).key === "Enter") {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  return form;
}

/**
 * Shows the one-click button when the server runs with --dev.
 *
 * @param {Api} api @param {HTMLElement} place @param {(token: string) => void} signIn
 */
async function offerQuickSignIn(api, place, signIn) {
  const { dev } = await api.settings().catch(() => ({ dev: false }));
  if (!dev) return;
  const button = el("button", { class: "button primary", type: "button", id: "dev-sign-in" }, "Sign in as developer");
  button.addEventListener("click", () => whileBusy(button, async () => signIn(await api.developmentToken())));
  fill(place, el("div", { class: "notice" },
    el("p", null, "Development server: no token needed."), el("div", { class: "row" }, button)));
  place.hidden = false;
  button.focus();
}

/** @param {string} message reads on behind "Token" */
const refusal = (message) => ApiError.ofField("token", message);

/**
 * Says why a token was refused as precisely as the token itself allows.
 *
 * @param {unknown} error @param {string} token
 */
function inWords(error, token) {
  if (!(error instanceof ApiError)) return error;
  const claims = claimsOf(token);
  if (error.status === 403) return refusal(`of ${claims?.name || "this user"} is not an administrator's. The console is for administrators.`);
  if (error.status !== 401) return error;
  if (claims === null) return refusal("is not a JSON Web Token: it has three parts with dots between them.");
  if (claims.expires && claims.expires < new Date()) return refusal(`expired on ${momentText(claims.expires)}. Get a new one.`);
  return refusal("is not accepted: it was made with another key, or for another service.");
}
