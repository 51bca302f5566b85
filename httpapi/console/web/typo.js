// @ts-check
// Typing errors, as the server's search forgives them: a letter too many, too few,
// another one, or two neighbours swapped.

/**
 * How many typing errors a word of a search may have. Digits are never forgiven:
 * they are not misspelled but others.
 *
 * @param {string} word folded
 */
export function typosIn(word) {
  const length = [...word].length;
  if (length < 4 || length > 40 || /\d/.test(word)) return 0;
  return length < 8 ? 1 : 2;
}

/**
 * The fewest typing errors that make of a typed text a word or its beginning.
 *
 * @param {string[]} typed letters
 * @param {string[]} word letters
 */
export function typosBetween(typed, word) {
  /** @type {number[]} */
  let beforeLast = [];
  let last = Array.from({ length: word.length + 1 }, (_, j) => j);
  for (let i = 1; i <= typed.length; i++) {
    const row = [i];
    for (let j = 1; j <= word.length; j++) {
      const other = typed[i - 1] === word[j - 1] ? 0 : 1;
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + other);
      const swapped = i > 1 && j > 1 && typed[i - 1] === word[j - 2] && typed[i - 2] === word[j - 1];
      if (swapped) row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
    }
    [beforeLast, last] = [last, row];
  }
  return Math.min(...last);
}
