import { parseStrict } from '../packages/gateway/src/protocol/index.ts';

const call = { jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: 'everything__echo', arguments: {} as object } };
const small = { ...call, params: { name: 'everything__echo', arguments: { message: `hello ${'x'.repeat(110)}`, limit: 10, exact: true } } };
const text = { ...call, params: { name: 'files__write', arguments: { text: 'lorem ipsum dolor sit amet '.repeat(600) } } };
const record = (id: number) => ({ id, name: `customer ${id}`, email: `c${id}@example.org`, total: id * 1.25, open: id % 2 === 0 });
const records = { ...call, params: { name: 'crm__put', arguments: { rows: Array.from({ length: 190 }, (_, i) => record(i)) } } };

function measure(message: object, rounds: number): number {
  const bytes = Buffer.from(JSON.stringify(message));
  for (let i = 0; i < rounds / 4; i++) parseStrict(bytes);
  const times: number[] = [];
  for (let batch = 0; batch < 9; batch++) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < rounds / 9; i++) if (!parseStrict(bytes).ok) throw new Error('the bench sends what is refused');
    times.push(Number(process.hrtime.bigint() - start) / 1000 / Math.ceil(rounds / 9));
  }
  return times.sort((a, b) => a - b)[4] ?? Number.NaN;
}

function print(figure: string, message: object, rounds: number, goal: number): void {
  const value = Math.round(measure(message, rounds) * 100) / 100;
  const bytes = Buffer.byteLength(JSON.stringify(message));
  const command = 'node bench/strict-json.ts';
  console.log(JSON.stringify({ figure, value, unit: 'us', goal, met: value <= goal, command, bytes }));
}

print('protocol.parse_small_us', small, 90_000, 2);
print('protocol.parse_text_16k_us', text, 18_000, 16);
print('protocol.parse_records_16k_us', records, 9000, 93);
