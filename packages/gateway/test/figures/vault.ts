import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Figure } from '../../../../tools/figures/runner/figure.ts';
import { random } from '../../src/base/bytes.ts';
import type { Sealer } from '../../src/contracts/vault.ts';
import { openVault } from '../../src/vault/index.ts';

const BATCHES = 31;
const ROUNDS = 3000;
const GOAL_US = 7;
const AAD = '{"id":"01J8ZQ4Y7N0M3T5V9X2B6C8D1E","kind":"intent","purpose":"audit","tenant":"default"}';

/** What sealing a payload costs: an intent of 1 KB, with the nonce, the count and the copies that belong to it. */
export async function* measurements(): AsyncGenerator<Figure> {
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-figures-'));
  try {
    const vault = openVault({ file: join(dir, 'keys'), create: true, random });
    if (!vault.ok) throw new Error(vault.detail ?? vault.reason);
    const value = Math.round(leastCpu(vault.value.sealer('audit')) * 100) / 100;
    vault.value.close();
    const command = 'npm run figures -- vault';
    yield { figure: 'vault.seal_1kb_us', value, unit: 'us of CPU', goal: `<= ${GOAL_US}`, met: value <= GOAL_US, command };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** The least of many batches, since other work shares the processor. Microseconds of CPU a seal, all threads of the process. */
function leastCpu(sealer: Sealer): number {
  const plain = random(1024);
  const batch = (): number => {
    const start = process.cpuUsage();
    for (let i = 0; i < ROUNDS; i++) sealer.seal(plain, AAD);
    const { user, system } = process.cpuUsage(start);
    return (user + system) / ROUNDS;
  };
  return Math.min(...Array.from({ length: BATCHES }, batch));
}
