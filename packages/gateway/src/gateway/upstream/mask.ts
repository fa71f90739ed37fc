/** Shorter values are words that lines hold anyway. */
const SHORTEST = 6;
const MASK = '[secret]';

/**
 * Takes what a server was given in confidence (values of its environment) out of the lines that it writes: one that prints its environment when it
 * starts would put the operator's secrets into the gateway's own log.
 */
export function maskOf(secrets: readonly string[]): (line: string) => string {
  const pieces = secrets
    .flatMap((value) => value.split(/\r?\n/))
    .filter((piece) => piece.length >= SHORTEST)
    .flatMap((piece) => [...new Set([piece, JSON.stringify(piece).slice(1, -1), encodeURIComponent(piece)])])
    .sort((a, b) => b.length - a.length);
  return (line) => pieces.reduce((masked, piece) => masked.replaceAll(piece, MASK), line);
}
