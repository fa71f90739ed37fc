import { argumentsText } from './arguments-text.ts';
import type { CallRow } from './call-row.ts';
import { sanitize } from './render/sanitize.ts';
import { type Screen, type Style, styleOf } from './render/style.ts';
import { clockTime, duration } from './render/time.ts';
import { cut, pad, padStart, widthOf, wrap } from './render/width.ts';

const WHO = 10;
const DECISION = 8;
const MS = 7;
/** From this width on a call has one line. */
const ONE_LINE = 100;
const MARGIN = 2;
const TIME = 8;

/** A call for the live view. Wide: one line in columns. Narrow: what was called, then what became of it. Pipe: tab-separated, nothing cut. */
export function callLine(row: CallRow, screen: Screen): string {
  if (screen.width === null) return pipeLine(row);
  return screen.width >= ONE_LINE ? wideLine(row, screen.width, styleOf(screen)) : narrowLines(row, screen.width, styleOf(screen));
}

const callText = (row: CallRow): string =>
  row.arguments === null ? sanitize(row.tool) : `${sanitize(row.tool)} ${argumentsText(row.arguments)}`;

const decisionText = (row: CallRow, style: Style, text: string): string =>
  row.decision === 'allowed' ? style.good(text) : row.decision === 'refused' ? style.bad(text) : style.warn(text);

const msText = (row: CallRow): string => (row.us === null ? '-' : duration(row.us));

const whyText = (row: CallRow): string => `${sanitize(row.why)}${row.count > 1 ? ` (${row.count} times)` : ''}`;

function wideLine(row: CallRow, width: number, style: Style): string {
  const room = width - MARGIN - TIME - 2 - WHO - 2 - 2 - DECISION - 2 - MS - 3;
  const call = Math.floor(room * 0.6);
  const why = room - call;
  const [first = '', ...rest] = wrap(whyText(row), why);
  const indent = width - why;
  return [
    [
      `${' '.repeat(MARGIN)}${style.dim(clockTime(row.time))}`,
      pad(cut(sanitize(row.who), WHO), WHO),
      pad(cut(callText(row), call), call),
      decisionText(row, style, pad(row.decision, DECISION)),
      `${padStart(msText(row), MS)}   ${first}`,
    ]
      .join('  ')
      .trimEnd(),
    ...rest.map((line) => ' '.repeat(indent) + line),
  ].join('\n');
}

function narrowLines(row: CallRow, width: number, style: Style): string {
  const indent = MARGIN + TIME + 2;
  const room = width - indent;
  const who = cut(sanitize(row.who), WHO);
  const head = `${' '.repeat(MARGIN)}${style.dim(clockTime(row.time))}  ${who}  ${cut(callText(row), room - widthOf(who) - 2)}`;
  const outcome = `${pad(row.decision, DECISION)} ${padStart(msText(row), MS)}`;
  const [first = '', ...rest] = wrap(whyText(row), room - widthOf(outcome) - 2);
  const under = ' '.repeat(indent + widthOf(outcome) + 2);
  const line =
    `${' '.repeat(indent)}${decisionText(row, style, pad(row.decision, DECISION))} ${padStart(msText(row), MS)}  ${first}`.trimEnd();
  return [head, line, ...rest.map((text) => under + text)].join('\n');
}

const pipeLine = (row: CallRow): string =>
  [
    new Date(row.time).toISOString(),
    row.ref,
    sanitize(row.who),
    row.decision,
    row.us === null ? '-' : (row.us / 1000).toFixed(1),
    callText(row),
    whyText(row),
  ].join('\t');

/** The same as an object, for `--json`: one line a call. Arguments whole; JSON escapes what a terminal would obey. */
export const callJson = (row: CallRow): string =>
  asciiJson({
    time: new Date(row.time).toISOString(),
    ref: row.ref,
    who: row.who,
    tool: row.tool,
    arguments: row.arguments,
    decision: row.decision,
    ms: row.us === null ? null : row.us / 1000,
    why: row.why,
    ...(row.count > 1 ? { count: row.count } : {}),
  });

/** JSON with everything outside printable ASCII escaped: the same value to a program, nothing to a terminal. */
export const asciiJson = (value: unknown, indent?: number): string =>
  JSON.stringify(value, null, indent).replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
