// @ts-check
// Marks in what was found the part that was searched for.

import { el } from "./dom.js";
import { fold, foldedText, spelledLetters, spellings } from "./fold.js";
import { typosBetween, typosIn } from "./typo.js";

/** @typedef {[from: number, to: number]} Range */

/**
 * What a customer is found by, with what was searched for marked. A word that stands
 * nowhere as it was typed was found in spite of typing errors: those words are marked
 * whole.
 *
 * @param {{fullName: string, email: string, contactNumber?: string}} customer
 * @param {string} query
 * @returns {{name: Node[], email: Node[], phone: Node[]}}
 */
export function markedContact({ fullName, email, contactNumber = "" }, query) {
  const runs = query.match(/[\p{Nd}+\-()./\s]*\p{Nd}[\p{Nd}+\-()./\s]*/gu) ?? [];
  const found = { name: /** @type {Range[]} */ ([]), email: /** @type {Range[]} */ ([]), phone: runs.flatMap((run) => digitRanges(contactNumber, run)) };
  for (const token of query.trim().split(/\s+/)) {
    let inName = wordRanges(fullName, token);
    let inEmail = wordRanges(email, token);
    if (inName.length + inEmail.length === 0) {
      inName = misspelledRanges(fullName, token);
      inEmail = misspelledRanges(email.split("@")[0], token);
    }
    found.name.push(...inName);
    found.email.push(...inEmail);
  }
  return { name: marked(fullName, found.name), email: marked(email, found.email), phone: marked(contactNumber, found.phone) };
}

/**
 * Where words begin with a token of the search. Umlauts are known in both spellings.
 *
 * @param {string} text @param {string} token
 * @returns {Range[]}
 */
function wordRanges(text, token) {
  const wanted = spellings(token).filter((w) => w.length > 0);
  return [fold(text), foldSpelledOut(text)].flatMap((folded) => wanted.flatMap((word) => {
    /** @type {Range[]} */
    const ranges = [];
    const letters = [...word];
    for (let i = 0; i + letters.length <= folded.letters.length; i++) {
      if (folded.starts[i] && letters.every((l, k) => folded.letters[i + k] === l)) {
        ranges.push([folded.from[i], folded.to[i + letters.length - 1]]);
      }
    }
    return ranges;
  }));
}

/**
 * The words that a token means if it has typing errors.
 *
 * @param {string} text @param {string} token
 * @returns {Range[]}
 */
function misspelledRanges(text, token) {
  const typed = foldedText(token);
  const forgiven = typosIn(typed);
  if (forgiven === 0) return [];
  const folded = fold(text);
  const starts = folded.starts.flatMap((start, i) => start ? [i] : []);
  return starts.flatMap((from, n) => {
    const to = starts[n + 1] ?? folded.letters.length;
    const close = typosBetween([...typed], folded.letters.slice(from, to)) <= forgiven;
    return close ? [/** @type {Range} */ ([folded.from[from], folded.to[to - 1]])] : [];
  });
}

/** @param {string} text */
function foldSpelledOut(text) {
  const folded = fold(text);
  /** @type {import("./fold.js").Folded} */
  const spelled = { letters: [], from: [], to: [], starts: [] };
  folded.letters.forEach((letter, i) => {
    const original = text.slice(folded.from[i], folded.to[i]).normalize("NFC").toLowerCase();
    [...(spelledLetters[original] ?? letter)].forEach((l, k) => {
      spelled.letters.push(l);
      spelled.from.push(folded.from[i]);
      spelled.to.push(folded.to[i]);
      spelled.starts.push(folded.starts[i] && k === 0);
    });
  });
  return spelled;
}

/**
 * @param {string} text @param {string} run digits with what groups them
 * @returns {Range[]}
 */
function digitRanges(text, run) {
  const places = [...text].flatMap((c, i) => /\d/.test(c) ? [i] : []);
  const digits = places.map((i) => text[i]).join("");
  for (const wanted of numberForms(run)) {
    const at = digits.indexOf(wanted);
    if (at >= 0) return [[places[at], places[at + wanted.length - 1] + 1]];
  }
  return [];
}

/** Fewer digits than this do not tell a number once its country code is gone. */
const shortestNational = 7;

/**
 * The ways in which a number may stand in a record: as it was typed, without
 * trunk zeros, without country code.
 *
 * @param {string} run
 */
function numberForms(run) {
  const typed = foldedText(run);
  const forms = [typed];
  const national = typed.replace(/^0+/, "");
  if (national.length >= 3) forms.push(national);
  if (/^\s*\+|^00/.test(run.trim())) {
    for (let code = 1; code <= 3; code++) {
      const rest = national.slice(code).replace(/^0+/, "");
      if (rest.length >= shortestNational) forms.push(rest);
    }
  }
  return forms;
}

/** @param {string} text @param {Range[]} ranges @returns {Node[]} */
function marked(text, ranges) {
  /** @type {Node[]} */
  const parts = [];
  let done = 0;
  for (const [from, to] of ranges.sort((a, b) => a[0] - b[0] || b[1] - a[1])) {
    if (to <= done) continue;
    const start = Math.max(from, done);
    if (start > done) parts.push(document.createTextNode(text.slice(done, start)));
    parts.push(el("mark", null, text.slice(start, to)));
    done = to;
  }
  if (done < text.length) parts.push(document.createTextNode(text.slice(done)));
  return parts;
}
