// @ts-check
// Text as the server's search folds it: without regard to case, accents, width and
// the like. The console folds too, to mark in an answer what was searched for.

/**
 * @typedef {Object} Folded
 * @property {string[]} letters the letters and digits, each folded; what separates words is left out
 * @property {number[]} from where in the original each of them begins
 * @property {number[]} to and ends, with the marks on it
 * @property {boolean[]} starts whether a word begins there
 */

/**
 * @param {string} text
 * @returns {Folded}
 */
export function fold(text) {
  /** @type {Folded} */
  const folded = { letters: [], from: [], to: [], starts: [] };
  let start = true;
  let place = 0;
  for (const point of text) {
    const end = place + point.length;
    const last = folded.to.length - 1;
    if (isDropped(point)) {
      if (last >= 0) folded.to[last] = end; // a mark belongs to its letter
    } else if (!isWordPart(point)) {
      start = true;
    } else {
      for (const letter of foldPoint(point)) {
        folded.letters.push(letter);
        folded.from.push(place);
        folded.to.push(end);
        folded.starts.push(start || isUnspaced(letter));
        start = false;
      }
    }
    place = end;
  }
  return folded;
}

/** @param {string} text */
export const foldedText = (text) => fold(text).letters.join("");

/**
 * Both spellings of a word with letters that German and Scandinavian writers
 * replace by two: Müller as muller and as mueller.
 *
 * @param {string} text
 */
export function spellings(text) {
  const plain = foldedText(text);
  const spelledOut = foldedText(text.normalize("NFC").replace(/[äöüåø]/gi, (c) => spelledLetters[c.toLowerCase()]));
  return plain === spelledOut ? [plain] : [plain, spelledOut];
}

/** @type {Record<string, string>} */
export const spelledLetters = { ä: "ae", ö: "oe", ü: "ue", å: "aa", ø: "oe" };

/** @param {string} point */
function foldPoint(point) {
  if (/\p{Nd}/u.test(point)) return String(digitValue(point));
  const plain = [...point.normalize("NFKD")].filter((p) => !isDropped(p)).map((p) => {
    const lower = p.toLowerCase();
    return sameLetters[lower] ?? lower;
  });
  return [...plain.join("").normalize("NFC")].filter((p) => isWordPart(p)).map(asHiragana).join("");
}

/** @param {string} point */
const isWordPart = (point) => /[\p{L}\p{M}\p{Nd}]/u.test(point);

/** Marks that a writer may leave out: accents, vowel points, the nukta, invisible characters. @param {string} point */
const isDropped = (point) =>
  /[\u0300-\u036F\u0591-\u05BD\u05BF\u05C1\u05C2\u05C4\u05C5\u05C7\u064B-\u065F\u0670\u0640\u093C\u09BC\u0A3C\u0ABC\u0B3C\u0CBC]|\p{Cf}/u.test(point);

/** Scripts without spaces, where a word may begin at any character. @param {string} point */
const isUnspaced = (point) => /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u.test(point);

/** Unicode keeps the digits of each script in runs of ten that begin with zero. @param {string} point */
function digitValue(point) {
  const code = /** @type {number} */ (point.codePointAt(0));
  let value = 0;
  while (/\p{Nd}/u.test(String.fromCodePoint(code - value - 1))) value++;
  return value % 10;
}

/** @param {string} point */
function asHiragana(point) {
  return point >= "ァ" && point <= "ヶ" ? String.fromCharCode(point.charCodeAt(0) - ("ァ".charCodeAt(0) - "ぁ".charCodeAt(0))) : point;
}

/** What normalisation leaves apart although people write one for the other. @type {Record<string, string>} */
const sameLetters = {
  ß: "ss", æ: "ae", œ: "oe", ø: "o", ł: "l", đ: "d", ð: "d", þ: "th", ı: "i", ħ: "h", ŧ: "t", ŋ: "n", ə: "a", ĸ: "k",
  ɓ: "b", ɗ: "d", ƙ: "k", ƴ: "y", ς: "σ", ى: "ي", ی: "ي", ک: "ك", ة: "ه", ٱ: "ا", ہ: "ه", ھ: "ه",
};
