import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/log.ts';
import type { Result } from '../../src/base/result.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { Reason } from '../../src/contracts/reasons/index.ts';
import type { StartOptions } from '../../src/contracts/running.ts';
import type { ArgumentScreen, ResultScreen } from '../../src/gateway/guard.ts';
import { openGateway } from '../../src/gateway/index.ts';
import { hostRules, listen, NO_PROXIES } from '../../src/http/index.ts';
import { applier } from '../../src/main/apply.ts';
import { driftWatch } from '../../src/main/drift.ts';
import { openRooms, TENANT } from '../../src/main/rooms.ts';
import { startOptions, toolServer } from './running-gateway.ts';
import type { Caller } from './wire.ts';

/** The real rooms and the real line, with a screen of arguments and one of results whose verdicts the test decides. */
export interface Screened {
  readonly mcp: string;
  readonly data: string;
  caller(name: string): Promise<Caller>;
  onArguments(check: ArgumentScreen['check']): void;
  onResult(check: ResultScreen['check']): void;
  /** Screens that pass everything; records and calls are counted anew. */
  reset(): void;
  now(): number;
  forwarded(): number;
  lastCall(): unknown;
  /** Records of this kind since the last reset, oldest first, payloads opened. */
  records(kind: 'intent' | 'outcome' | 'refusal'): Promise<readonly JsonObject[]>;
  stop(): Promise<void>;
}

const PASS = { verdict: 'pass', fact: null } as const;

export interface ScreenedOptions {
  readonly storage?: NonNullable<StartOptions['storage']>;
  /** The directory of a gateway that uses the same database already, with what it registered. */
  readonly like?: string;
}

export async function startScreened({ storage, like }: ScreenedOptions = {}): Promise<Screened> {
  const data = mkdtempSync(join(tmpdir(), 'sallyport-screened-'));
  if (like !== undefined) cpSync(join(like, 'keys'), join(data, 'keys'));
  const callLog = join(data, 'calls');
  const rooms = must(await openRooms({ ...startOptions(data, silentLogger), ...(storage === undefined ? {} : { storage }) }, systemClock));
  if (like === undefined) must(await rooms.registry.register(TENANT, toolServer('local', storage === undefined ? { callLog } : {})));
  const apply = applier(rooms);
  must(await apply());
  let port = 0;
  let checkArguments: ArgumentScreen['check'] = () => PASS;
  let checkResult: ResultScreen['check'] = () => PASS;
  let since = Date.now();
  const mac = rooms.vault.mac('audit');
  const gateway = openGateway({
    ...rooms,
    tenant: TENANT,
    log: silentLogger,
    hosts: () => hostRules({ secure: false, port, names: [], origins: [] }),
    secure: false,
    proxies: () => NO_PROXIES,
    ready: async () => [],
    keyed: (text) => mac.mac(text),
    handles: rooms.vault.sealer('handles'),
    inspect: {
      arguments: [{ name: 'inspect-arguments', check: (call) => checkArguments(call) }],
      result: [{ name: 'inspect-result', check: (result) => checkResult(result) }],
    },
    onDrift: driftWatch(rooms, apply, silentLogger).changed,
  });
  const place = { host: '127.0.0.1', port: 0 };
  const listener = must(await listen({ place, tls: null }, (request, response) => gateway.handle(request, response)));
  port = listener.port;
  const lines = (): readonly string[] => (existsSync(callLog) ? readFileSync(callLog, 'utf8').trimEnd().split('\n') : []);
  return {
    mcp: `${listener.url}/mcp`,
    data,
    async caller(name) {
      const request = { name, roles: ['writer'] as const, scopes: [{ server: '*', tool: '*' }] };
      const made = must(await rooms.identity.create(TENANT, request, 'system'));
      return { mcp: `${listener.url}/mcp`, key: made.text.reveal() };
    },
    onArguments(check) {
      checkArguments = check;
    },
    onResult(check) {
      checkResult = check;
    },
    reset() {
      checkArguments = () => PASS;
      checkResult = () => PASS;
      since = Date.now();
    },
    now: () => systemClock.now(),
    forwarded: () => lines().length,
    lastCall: () => JSON.parse(lines().at(-1) ?? 'null'),
    async records(kind) {
      const page = must(await rooms.journal.query(TENANT, { kind, since, limit: 100 }));
      return page.records
        .toReversed()
        .map((stored) => ({ record: { ...stored.record }, payload: must(rooms.journal.open(stored)) }) as unknown as JsonObject);
    },
    async stop() {
      await gateway.drain(1000);
      await listener.close(0);
      await rooms.close();
      rmSync(data, { recursive: true, force: true });
    },
  };
}

function must<T>(result: Result<T, Reason>): T {
  if (!result.ok) throw new Error(`${result.reason}: ${result.detail ?? ''}`);
  return result.value;
}
