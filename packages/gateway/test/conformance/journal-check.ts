import type { JsonObject } from '../../src/contracts/json.ts';
import { METHODS } from '../../src/protocol/methods.ts';
import type { TestGateway } from '../scenarios/running-gateway.ts';
import type { Witnesses } from './witnesses.ts';

/** The guards that every message passes, in their order, and the screens that a call passes before it is forwarded. */
const GUARDS = ['limit-address', 'door', 'authenticate', 'frame', 'limit-rate', 'resolve-target', 'authorize', 'limit-calls'];
const CALL_SCREENS = ['validate-arguments', 'authorize-arguments'];
/** The same with the roles swapped: what a server asks of the client of one of its calls. */
const ASK_GUARDS = ['limit-asks', 'read-ask', 'declared', 'authorize'];

export interface JournalVerdict {
  /** Intents whose guards were looked at. */
  readonly forwarded: number;
  /** Messages that the server saw and that only clients' requests cause. */
  readonly witnessed: number;
  readonly records: number;
  /** What should not be, in words; empty where every forwarded message passed every guard. */
  readonly wrong: readonly string[];
}

/** Everything the journal holds, oldest first. */
export async function allRecords(gateway: TestGateway): Promise<readonly JsonObject[]> {
  const records: JsonObject[] = [];
  let cursor: unknown = null;
  do {
    const page = await gateway.admin('GET', `/log?limit=500${cursor === null ? '' : `&cursor=${String(cursor)}`}`);
    if (page.status !== 200) throw new Error(`the log answered ${page.status}: ${JSON.stringify(page.body)}`);
    records.push(...(page.body['items'] as readonly JsonObject[]).map((item) => item['record'] as JsonObject));
    cursor = page.body['next'] ?? null;
  } while (cursor !== null);
  return records.reverse();
}

/**
 * Holds what the server saw against what the journal says. A message that the server saw more often than it was intended has gone round the
 * gateway; an intent that lacks a guard, or has one that did not pass, was forwarded past it (protocol.md 4.4: transparency alone proves nothing).
 */
export function checkJournal(records: readonly JsonObject[], witnesses: Witnesses): JournalVerdict {
  const intents = records.filter((record) => record['kind'] === 'intent');
  const wrong = intents.flatMap(wrongInIntent);
  const outcomes = new Set(records.filter((record) => record['kind'] === 'outcome').map((record) => String(record['id'])));
  for (const intent of intents) if (!outcomes.has(String(intent['id']))) wrong.push(`${nameOf(intent)}: an intent without outcome`);
  const intended = countBy(intents.map((intent) => String(intent['method'])));
  let witnessed = 0;
  for (const [method, seen] of byMethod(witnesses)) {
    witnessed += seen;
    // The gateway itself ends a subscription whose session has gone, at most once.
    const meant = (intended.get(method) ?? 0) + (method === 'resources/unsubscribe' ? (intended.get('resources/subscribe') ?? 0) : 0);
    if (seen > meant) wrong.push(`${method}: the server saw ${seen}, the journal meant ${meant}`);
  }
  return { forwarded: intents.length, witnessed, records: records.length, wrong };
}

function guardsOf(method: string): readonly string[] {
  if (METHODS.client[method] === undefined && METHODS.server[method]?.kind === 'request') return ASK_GUARDS;
  return method === 'tools/call' ? [...GUARDS, ...CALL_SCREENS] : GUARDS;
}

function wrongInIntent(intent: JsonObject): readonly string[] {
  const guards = intent['guards'] as readonly { readonly guard: string; readonly verdict: string }[];
  const asked = guardsOf(String(intent['method']));
  const passed = guards.filter(({ verdict }) => verdict === 'pass').map(({ guard }) => guard);
  const missing = asked.filter((guard, i) => passed[i] !== guard);
  const wrong = missing.map((guard) => `${nameOf(intent)}: ${guard} did not pass`);
  const effect = (intent['decision'] as { readonly effect?: string } | undefined)?.effect;
  if (effect !== 'allow') wrong.push(`${nameOf(intent)}: decided ${String(effect)}`);
  return wrong;
}

const nameOf = (record: JsonObject): string => `${String(record['method'])} ${String(record['tool'] ?? '')} (ref ${String(record['id'])})`;

/** Requests that the gateway never makes of its own accord: each must have been meant by a client. */
function byMethod(witnesses: Witnesses): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const [key, seen] of witnesses) {
    const method = key.split(' ')[0] ?? '';
    const plan = METHODS.client[method];
    if (plan?.kind === 'request' && plan.forwarded && plan.class !== 'log-level') counts.set(method, (counts.get(method) ?? 0) + seen);
  }
  return counts;
}

function countBy(names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
