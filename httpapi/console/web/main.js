// @ts-check
// Starts the console.

import { Api } from "./api.js";
import { showTimesIn } from "./format.js";
import { Http } from "./http.js";
import { session } from "./session.js";
import { Shell } from "./shell.js";
import { listenForShortcuts } from "./shortcuts.js";
import { signInAgain } from "./signin.js";

const api = new Api(new Http({ token: session.token, renew: renewToken }));
const shell = new Shell(api, signOut);

function askToSignIn() {
  shell.showSignIn(() => {
    shell.showBar();
    shell.showPlace({ focus: true });
  });
}

function signOut() {
  session.forget();
  askToSignIn();
}

/** Asks for another token when the present one is refused. */
async function renewToken() {
  if (session.token() === null) return false;
  if (await signInAgain(api)) {
    shell.showBar();
    return true;
  }
  signOut();
  return false;
}

addEventListener("hashchange", () => {
  if (session.token() !== null) shell.showPlace();
});
listenForShortcuts();

try {
  showTimesIn((await api.settings()).timeZone);
} catch {
  // Without an answer times stay in UTC; the first page says what is wrong.
}
if (session.token() === null) {
  askToSignIn();
} else {
  shell.showBar();
  shell.showPlace();
}
