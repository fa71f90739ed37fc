import type { Screen } from './style.ts';
import { styleOf } from './style.ts';
import { cut, pad, padStart, widthOf, wrap } from './width.ts';

export interface Column<T> {
  readonly title: string;
  /** Sanitised text: what a server wrote has passed `sanitize` before. */
  readonly text: (row: T) => string;
  readonly align?: 'right';
  /** True: this column may be cut when the terminal is narrow. Ids never are: each can be pasted into the next command. */
  readonly flexible?: boolean;
}

const GAP = 2;
const MIN_FLEXIBLE = 12;

/** Columns where they fit, else a block a row; in a pipe, tab-separated lines under a header. */
export function table<T>(columns: readonly Column<T>[], rows: readonly T[], screen: Screen): string {
  if (screen.width === null)
    return [columns.map((column) => column.title), ...rows.map((row) => cells(columns, row))].map((line) => line.join('\t')).join('\n');
  const widths = fit(columns, rows, screen.width);
  return widths === null ? blocks(columns, rows, screen) : grid(columns, rows, widths, screen);
}

const cells = <T>(columns: readonly Column<T>[], row: T): string[] => columns.map((column) => column.text(row));

/** Widths of the columns within the screen, taken from the flexible ones; null where that cannot be. */
function fit<T>(columns: readonly Column<T>[], rows: readonly T[], screenWidth: number): readonly number[] | null {
  const natural = columns.map((column) => Math.max(widthOf(column.title), ...rows.map((row) => widthOf(column.text(row)))));
  let excess = natural.reduce((sum, width) => sum + width + GAP, -GAP) - screenWidth;
  const widths = natural.map((width, index) => {
    if (excess <= 0 || columns[index]?.flexible !== true) return width;
    const given = Math.min(excess, Math.max(0, width - MIN_FLEXIBLE));
    excess -= given;
    return width - given;
  });
  return excess > 0 ? null : widths;
}

function grid<T>(columns: readonly Column<T>[], rows: readonly T[], widths: readonly number[], screen: Screen): string {
  const style = styleOf(screen);
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, index) => {
        const width = widths[index] ?? 0;
        return columns[index]?.align === 'right'
          ? padStart(text, width)
          : pad(columns[index]?.flexible === true ? cut(text, width) : text, width);
      })
      .join(' '.repeat(GAP))
      .trimEnd();
  return [style.dim(line(columns.map((column) => column.title))), ...rows.map((row) => line(cells(columns, row)))].join('\n');
}

function blocks<T>(columns: readonly Column<T>[], rows: readonly T[], screen: Screen): string {
  return rows
    .map((row) =>
      facts(
        columns.map((column) => [column.title, column.text(row)] as const),
        screen,
      ),
    )
    .join('\n\n');
}

/** `title  text` lines, the text wrapped beside its title on a terminal; `title<TAB>text` in a pipe. */
export function facts(lines: readonly (readonly [string, string])[], screen: Screen): string {
  if (screen.width === null) return lines.map(([title, text]) => `${title}\t${text}`).join('\n');
  const style = styleOf(screen);
  const titleWidth = Math.max(...lines.map(([title]) => widthOf(title)));
  const room = Math.max(20, screen.width - titleWidth - GAP);
  return lines
    .map(
      ([title, text]) => style.dim(pad(title, titleWidth)) + ' '.repeat(GAP) + wrap(text, room).join(`\n${' '.repeat(titleWidth + GAP)}`),
    )
    .join('\n');
}
