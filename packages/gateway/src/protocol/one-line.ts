/**
 * Characters that many line readers take for a line end although JSON allows them in strings (Node's `readline`: U+2028 and U+2029; Python's `splitlines`:
 * U+0085 too). Raw in a string they would cut a message in two, and its reader would take what somebody wrote for a message of its own.
 */
const LINE_ENDS = /[\u0085\u2028\u2029]/g;

/** JSON text that no line reader cuts. The value is the same. */
export const oneLine = (text: string): string => text.replace(LINE_ENDS, (end) => `\\u${end.charCodeAt(0).toString(16).padStart(4, '0')}`);
