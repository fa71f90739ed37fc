import { fileURLToPath } from 'node:url';
import { parseStrict } from '../packages/gateway/src/protocol/index.ts';
import type { Figure } from '../tools/figures/runner/figure.ts';

const call = { jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: 'everything__echo', arguments: {} as object } };
const small = { ...call, params: { name: 'everything__echo', arguments: { message: `hello ${'x'.repeat(110)}`, limit: 10, exact: true } } };
const text = { ...call, params: { name: 'files__write', arguments: { text: 'lorem ipsum dolor sit amet '.repeat(600) } } };
const record = (id: number) => ({ id, name: `customer ${id}`, email: `c${id}@example.org`, total: id * 1.25, open: id % 2 === 0 });
const records = { ...call, params: { name: 'crm__put', arguments: { rows: Array.from({ length: 190 }, (_, i) => record(i)) } } };

const BATCHES = 21;

function microseconds(rounds: number, run: () => void): number {
  const start = process.hrtime.bigint();
  for (let i = 0; i < rounds; i++) run();
  return Number(process.hrtime.bigint() - start) / 1000 / rounds;
}

const rounded = (value: number): number => Math.round(value * 100) / 100;

/** The least of many batches, since other work shares the processor. */
function measure(figure: string, message: object, rounds: number, goal: number): Figure {
  const bytes = Buffer.from(JSON.stringify(message));
  if (!parseStrict(bytes).ok) throw new Error('the bench sends what is refused');
  const batch = (): number => microseconds(rounds, () => void parseStrict(bytes));
  const value = rounded(Math.min(...Array.from({ length: BATCHES }, batch)));
  return { figure, value, unit: 'us', goal: `<= ${goal}`, met: value <= goal, command: 'node bench/strict-json.ts' };
}

/** What a verdict costs for a small call, 16 KB of text and 16 KB of records. */
export function* measureParse(): Generator<Figure> {
  yield measure('protocol.parse_small_us', small, 10_000, 2);
  yield measure('protocol.parse_text_16k_us', text, 2000, 16);
  yield measure('protocol.parse_records_16k_us', records, 500, 93);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) for (const figure of measureParse()) console.log(JSON.stringify(figure));
