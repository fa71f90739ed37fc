/** A piece of a policy file: one policy as far as its semicolon, and where it begins. */
export interface Piece {
  readonly text: string;
  /** In UTF-16 units, from the beginning of the file. */
  readonly offset: number;
  /** Deepest nesting of brackets. */
  readonly nesting: number;
}

const OPENING = new Set(['(', '[', '{']);
const CLOSING = new Set([')', ']', '}']);

/**
 * Cuts a file at the semicolons that stand outside texts and comments, so that each policy is judged by itself and one mistake does not hide the
 * next. It judges nothing: a text that never ends makes one long last piece, which the parser then refuses. Linear.
 */
export function split(file: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let start = 0;
  let depth = 0;
  let nesting = 0;
  const cut = (end: number): void => {
    const offset = start + leadLength(file.slice(start, end));
    if (offset < end) pieces.push({ text: file.slice(offset, end).trimEnd(), offset, nesting });
    [start, depth, nesting] = [end, 0, 0];
  };
  for (let at = 0; at < file.length; at++) {
    const char = file.charAt(at);
    if (char === '"') at = endOfText(file, at);
    else if (char === '/' && file.charAt(at + 1) === '/') at = endOfLine(file, at);
    else if (OPENING.has(char)) nesting = Math.max(nesting, ++depth);
    else if (CLOSING.has(char)) depth -= 1;
    else if (char === ';') cut(at + 1);
  }
  cut(file.length);
  return pieces;
}

function endOfText(file: string, from: number): number {
  for (let at = from + 1; at < file.length; at++) {
    if (file.charAt(at) === '\\') at += 1;
    else if (file.charAt(at) === '"') return at;
  }
  return file.length;
}

const endOfLine = (file: string, from: number): number => {
  const end = file.indexOf('\n', from);
  return end === -1 ? file.length : end;
};

/** How many units of blanks and comments stand before the first word. */
function leadLength(text: string): number {
  return /^(?:\s|\/\/[^\n]*(?:\n|$))*/.exec(text)?.[0].length ?? 0;
}

/** Line and column of a place in a file, from 1. */
export function positionOf(file: string, offset: number): { readonly line: number; readonly column: number } {
  const before = file.slice(0, offset);
  const line = before.split('\n').length;
  return { line, column: offset - before.lastIndexOf('\n') };
}
