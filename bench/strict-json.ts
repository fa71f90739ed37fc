import { parseStrict } from '../packages/gateway/src/protocol/index.ts';

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

/** The least of many batches, since other work shares the processor, and beside it what parsing and writing cost without any rule. */
function print(figure: string, message: object, rounds: number, goal: number): void {
  const bytes = Buffer.from(JSON.stringify(message));
  if (!parseStrict(bytes).ok) throw new Error('the bench sends what is refused');
  const ours: number[] = [];
  const floor: number[] = [];
  for (let batch = 0; batch < BATCHES; batch++) {
    ours.push(microseconds(rounds, () => void parseStrict(bytes)));
    floor.push(microseconds(rounds, () => void JSON.stringify(JSON.parse(bytes.toString()))));
  }
  const value = rounded(Math.min(...ours));
  const bare_us = rounded(Math.min(...floor));
  const command = 'node bench/strict-json.ts';
  console.log(JSON.stringify({ figure, value, unit: 'us', goal, met: value <= goal, command, bytes: bytes.length, bare_us }));
}

print('protocol.parse_small_us', small, 10_000, 2);
print('protocol.parse_text_16k_us', text, 2000, 16);
print('protocol.parse_records_16k_us', records, 500, 93);
