/** What the output is: a terminal of some width, or a pipe (`width` null), with or without colours. */
export interface Screen {
  readonly width: number | null;
  readonly color: boolean;
}

export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly warn: (text: string) => string;
}

const ESC = String.fromCharCode(27);
const sgr =
  (on: number, off: number) =>
  (text: string): string =>
    text === '' ? '' : `${ESC}[${on}m${text}${ESC}[${off}m`;
const plain = (text: string): string => text;

const COLORED: Style = { bold: sgr(1, 22), dim: sgr(2, 22), good: sgr(32, 39), bad: sgr(31, 39), warn: sgr(33, 39) };
const PLAIN: Style = { bold: plain, dim: plain, good: plain, bad: plain, warn: plain };

export const styleOf = (screen: Screen): Style => (screen.color ? COLORED : PLAIN);

interface Stream {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

const MIN_WIDTH = 40;

/** no-color.org: a non-empty NO_COLOR turns colours off; FORCE_COLOR (Node's own reading) decides before it. */
export function screenOf(stream: Stream, env: Readonly<Record<string, string | undefined>>): Screen {
  const terminal = stream.isTTY === true;
  const width = terminal ? Math.max(MIN_WIDTH, stream.columns ?? 80) : null;
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) return { width, color: forced !== '0' && forced !== 'false' };
  const refused = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
  return { width, color: terminal && !refused };
}
