import type { JsonObject } from '../../src/contracts/json.ts';
import type { TestGateway } from '../scenarios/running-gateway.ts';
import type { RawAnswer } from './raw.ts';
import { type Class, classOf, refOf } from './wire-cells.ts';

/** What the run saw and what the table says, to be settled against the journal and the servers' own logs. */
export class Cells {
  count = 0;
  readonly mismatches: string[] = [];
  /** Refusals by reference, with the reason that the journal must hold. */
  readonly #refused = new Map<string, { readonly cell: string; readonly reasons: readonly string[] }>();
  /** Refused notifications have no reference: how many, by principal and method. */
  readonly #silent = new Map<string, number>();
  /** Refused before anybody was known, which the journal may fold: by where. */
  readonly #unknown = { mcp: 0, api: 0 };
  readonly forwarded = new Set<string>();

  mismatch(cell: string, expected: string, got: string): void {
    this.mismatches.push(`${cell}: expected ${expected}, got ${got}`);
  }

  /** @param reasons that the journal must give for it, where it is refused; one of them. */
  expect(cell: string, answer: RawAnswer, expected: Class, reasons: readonly string[] = []): void {
    this.count += 1;
    const got = classOf(answer);
    if (got !== expected) this.mismatch(cell, expected, got);
    if (reasons.length === 0) return;
    const ref = refOf(answer);
    if (ref === null) this.mismatch(cell, 'a reference', answer.body.slice(0, 200));
    else this.#refused.set(ref, { cell, reasons });
  }

  refusedSilently(principal: string, method: string): void {
    const key = `${principal} ${method}`;
    this.#silent.set(key, (this.#silent.get(key) ?? 0) + 1);
  }

  refusedUnknown(where: 'mcp' | 'api'): void {
    this.#unknown[where] += 1;
  }

  refusedByApi(cell: string, ref: string, reason: string): void {
    this.#refused.set(ref, { cell, reasons: [reason] });
  }

  /** Holds every refusal against the journal: nothing is missing, each with its reason, and what was folded was counted. */
  settle(records: readonly JsonObject[]): void {
    const found = new Map(records.map((item) => [String(recordOf(item)['id']), recordOf(item)]));
    for (const [ref, { cell, reasons }] of this.#refused) {
      const reason = found.get(ref)?.['reason'];
      if (!reasons.includes(String(reason))) this.mismatch(cell, `in the journal as ${reasons.join(' or ')}`, String(reason));
    }
    for (const [key, count] of this.#silent) {
      const told = records.filter((item) => this.#isSilent(item) && silentKey(item) === key).length;
      if (told !== count) this.mismatch(`notification ${key}`, `${count} refusals in the journal`, String(told));
    }
    for (const where of ['mcp', 'api'] as const) {
      const told = records.filter((item) => isUnknown(item, where)).reduce((sum, item) => sum + Number(recordOf(item)['count'] ?? 1), 0);
      if (told !== this.#unknown[where]) this.mismatch(`unknown callers over ${where}`, String(this.#unknown[where]), String(told));
    }
  }

  get refusals(): number {
    return this.#refused.size + [...this.#silent.values()].reduce((sum, count) => sum + count, 0) + this.#unknown.mcp + this.#unknown.api;
  }

  #isSilent(item: JsonObject): boolean {
    const { id, reason, principal } = recordOf(item);
    return principal !== undefined && String(reason).startsWith('protocol.') && !this.#refused.has(String(id));
  }
}

const recordOf = (item: JsonObject): JsonObject => item['record'] as JsonObject;
const silentKey = (item: JsonObject): string =>
  `${String(recordOf(item)['principal'])} ${String((item['payload'] as JsonObject | null)?.['detail'])}`;

const isUnknown = (item: JsonObject, where: 'mcp' | 'api'): boolean =>
  recordOf(item)['via'] === where && recordOf(item)['principal'] === undefined && recordOf(item)['status'] === 'refused';

/** All records of some kinds, with payloads. */
export async function recordsOf(gateway: TestGateway, kinds: readonly string[]): Promise<readonly JsonObject[]> {
  const all: JsonObject[] = [];
  for (const kind of kinds) {
    let cursor = '';
    do {
      const page = await gateway.admin('GET', `/log?kind=${kind}&limit=500&payloads=true${cursor}`);
      if (page.status !== 200) throw new Error(JSON.stringify(page.body));
      all.push(...(page.body['items'] as readonly JsonObject[]));
      cursor = page.body['next'] === null ? '' : `&cursor=${String(page.body['next'])}`;
    } while (cursor !== '');
  }
  return all;
}
