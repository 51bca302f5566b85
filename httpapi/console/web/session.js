// @ts-check
// The token of whoever is signed in. It is kept for the tab only, and gone with it.

const key = "crms.token";

/**
 * What a token says of itself. The server is the one to judge it; the console
 * only shows it.
 *
 * @typedef {Object} Claims
 * @property {string} name email, or else the user's id
 * @property {Date | null} expires
 */

export const session = {
  /** @returns {string | null} */
  token: () => sessionStorage.getItem(key),
  /** @param {string} token */
  keep: (token) => sessionStorage.setItem(key, token),
  forget: () => sessionStorage.removeItem(key),
};

/**
 * Reads what a token says, null when it is no JWT.
 *
 * @param {string} token
 * @returns {Claims | null}
 */
export function claimsOf(token) {
  try {
    const payload = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(payload), (c) => c.charCodeAt(0));
    const claims = JSON.parse(new TextDecoder().decode(bytes));
    return {
      name: claims.email ?? claims.userId ?? claims.sub ?? "",
      expires: typeof claims.exp === "number" ? new Date(claims.exp * 1000) : null,
    };
  } catch {
    return null;
  }
}

/**
 * Takes a token out of what was pasted: alone, in quotes, with the header around
 * it, broken into lines.
 *
 * @param {string} pasted
 */
export function tokenIn(pasted) {
  return pasted.replace(/["']/g, "").replace(/^\s*(authorization:\s*)?(bearer\s+)?/i, "").replace(/\s+/g, "");
}
