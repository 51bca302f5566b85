// @ts-check
// Marks in what was found the part that was searched for.

import { el } from "./dom.js";
import { fold, foldedText, spelledLetters, spellings } from "./fold.js";

/** @typedef {[from: number, to: number]} Range */

/**
 * A name or an email with the words of a search marked.
 *
 * @param {string} text
 * @param {string} query
 */
export function markedText(text, query) {
  return marked(text, query.trim().split(/\s+/).flatMap((token) => wordRanges(text, token)));
}

/**
 * A number with the digits of a search marked, however either is grouped.
 *
 * @param {string} text
 * @param {string} query
 */
export function markedNumber(text, query) {
  const runs = query.match(/[\p{Nd}+\-()./\s]*\p{Nd}[\p{Nd}+\-()./\s]*/gu) ?? [];
  return marked(text, runs.flatMap((run) => digitRanges(text, run)));
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
