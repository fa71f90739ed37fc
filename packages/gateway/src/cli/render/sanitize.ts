/**
 * Servers and clients wrote much of what is printed here. A terminal obeys control characters and escape sequences (moving the cursor,
 * setting the clipboard or the title), and bidirectional and invisible characters show another text than the one that is there (CVE-2021-42574).
 */
const OBEYED_OR_HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
const LONE_SURROGATE = /\p{Surrogate}/gu;

const SHOWN = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

const escaped = (character: string): string => SHOWN.get(character) ?? `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;

/** The text on one line, with everything that a terminal would obey or hide written out as an escape. */
export const sanitize = (text: string): string => text.replace(OBEYED_OR_HIDDEN, escaped).replace(LONE_SURROGATE, escaped);
