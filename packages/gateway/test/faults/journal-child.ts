import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type AuditRoom, openJournal, systemFiles } from '../../src/audit/index.ts';
import { random } from '../../src/base/bytes.ts';
import { systemClock } from '../../src/base/clock.ts';
import { DEFAULT_TENANT } from '../../src/base/ids.ts';
import { openVault } from '../../src/vault/index.ts';
import { receiptLine } from './check-journal.ts';
import { intent, newId, outcome } from './journal.ts';

// Argument: a directory with keys. Records calls until it is killed: each receipt goes to standard output, each forwarded id to the file
// that stands for the upstream's own log, with one system call each, so that what was said is there after a kill.
const CALLERS = 24;
const STDOUT = 1;
const directory = process.argv[2] ?? '';

async function call(room: AuditRoom, upstream: number): Promise<never> {
  for (;;) {
    const id = newId();
    const before = await room.append(DEFAULT_TENANT, intent(id));
    if (!before.ok) throw new Error(before.reason);
    writeSync(STDOUT, `${receiptLine(before.value)}\n`);
    writeSync(upstream, `${id}\n`);
    await new Promise((resolve) => setTimeout(resolve, 2));
    const after = await room.append(DEFAULT_TENANT, outcome(id, before.value.index));
    if (!after.ok) throw new Error(after.reason);
    writeSync(STDOUT, `${receiptLine(after.value)}\n`);
  }
}

const vault = openVault({ file: join(directory, 'keys'), create: false, random });
if (!vault.ok) throw new Error(vault.reason);
const room = await openJournal({
  dir: join(directory, 'journal'),
  files: systemFiles,
  clock: systemClock,
  sealer: vault.value.sealer('audit'),
  mac: vault.value.mac('audit'),
  report: () => undefined,
  settings: { segmentBytes: 1024 * 1024, batchBytes: 256 * 1024 },
});
if (!room.ok) throw new Error(`${room.reason} ${room.detail ?? ''}`);
const upstream = openSync(join(directory, 'forwarded'), 'a', 0o600);
writeSync(STDOUT, 'ready\n');
try {
  await Promise.all(Array.from({ length: CALLERS }, () => call(room.value, upstream)));
} finally {
  closeSync(upstream);
}
