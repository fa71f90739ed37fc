import { readFileSync, writeSync } from 'node:fs';
import { silentLogger } from '../../src/base/log.ts';
import { SecretString } from '../../src/base/secret-string.ts';
import type { StartOptions } from '../../src/contracts/running.ts';
import { startGateway } from '../../src/main.ts';
import { startOptions } from '../scenarios/running-gateway.ts';

/** What the parent tells this process: one JSON document in a file, its only argument. */
export interface ChildOrder extends Pick<StartOptions, 'data' | 'seed' | 'settings'> {
  /** URL of the database that it shares with others. */
  readonly postgres?: string;
}

/** The whole gateway in a process of its own. Prints one line: where it listens and the client key, or why it did not start; then runs until it is killed. */
const { postgres, ...order } = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as ChildOrder;
const shared: Pick<StartOptions, 'storage'> =
  postgres === undefined ? {} : { storage: { kind: 'postgres', url: new SecretString(postgres) } };
const began = performance.now();
const started = await startGateway({ ...startOptions(order.data, silentLogger), ...order, ...shared });
const startMs = Math.round(performance.now() - began);
const line = started.ok
  ? {
      ok: true,
      mcp: started.value.mcpUrl,
      admin: started.value.adminUrl,
      key: started.value.clientKey?.reveal() ?? null,
      startMs,
      loadMs: Math.round(began),
    }
  : { ok: false, reason: started.reason, detail: started.detail ?? null };
writeSync(1, `${JSON.stringify(line)}\n`);
if (!started.ok) process.exitCode = 1;
