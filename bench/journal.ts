import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type JournalFile, type JournalFiles, openJournal, systemFiles } from '../packages/gateway/src/audit/index.ts';
import { random } from '../packages/gateway/src/base/bytes.ts';
import { systemClock } from '../packages/gateway/src/base/clock.ts';
import { DEFAULT_TENANT } from '../packages/gateway/src/base/ids.ts';
import { openVault } from '../packages/gateway/src/vault/index.ts';
import { intent, newId } from '../packages/gateway/test/faults/journal.ts';

// Records a second and CPU per record and commit of the whole process, without and with a sealed payload. Argument: where the journal stands.
const SECONDS = 3;
const SEGMENT_BYTES = 16 * 1024 * 1024;
const parent = process.argv[2] ?? tmpdir();

let commits = 0;

const counted = (file: JournalFile): JournalFile => ({
  size: () => file.size(),
  read: (into, position) => file.read(into, position),
  write: (data, position) => file.write(data, position),
  sync: () => file.sync(),
  close: () => file.close(),
  writeDurably: (data, position) => {
    commits++;
    return file.writeDurably(data, position);
  },
});

const files: JournalFiles = { ...systemFiles, open: async (path) => counted(await systemFiles.open(path)) };

async function measure(callers: number, secret: object | null): Promise<object> {
  const directory = mkdtempSync(join(parent, 'sallyport-bench-'));
  const vault = openVault({ file: join(directory, 'keys'), create: true, random });
  if (!vault.ok) throw new Error(vault.reason);
  const deps = { sealer: vault.value.sealer('audit'), mac: vault.value.mac('audit'), clock: systemClock, report: () => undefined };
  const room = await openJournal({ ...deps, dir: join(directory, 'journal'), files });
  if (!room.ok) throw new Error(room.reason);
  let records = 0;
  let until = systemClock.monotonic() + 1000;
  const entry = intent(newId(), secret);
  const caller = async (): Promise<void> => {
    while (systemClock.monotonic() < until) {
      const result = await room.value.append(DEFAULT_TENANT, entry);
      if (!result.ok) throw new Error(result.reason);
      records++;
    }
  };
  const run = (): Promise<unknown> => Promise.all(Array.from({ length: callers }, caller));
  await run();
  records = 0;
  commits = 0;
  until = systemClock.monotonic() + SECONDS * 1000;
  const start = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(start);
  await room.value.close();
  vault.value.close();
  rmSync(directory, { recursive: true, force: true });
  const cpu = user + system;
  const round = (value: number): number => Math.round(value * 10) / 10;
  return {
    callers,
    sealed: secret !== null,
    recordsPerSecond: Math.round(records / SECONDS),
    recordsPerCommit: round(records / commits),
    commitMs: round((SECONDS * 1000) / commits),
    cpuUsPerRecord: round(cpu / records),
    cpuUsPerCommit: round(cpu / commits),
  };
}

// What the disk and the system charge for one durable write, with nothing of ours: the floor of a commit in the same run.
async function bareWrite(bytes: number): Promise<object> {
  const directory = mkdtempSync(join(parent, 'sallyport-bench-'));
  const path = join(directory, 'bare');
  const made = await systemFiles.create(path);
  await made.write(Buffer.alloc(SEGMENT_BYTES), 0);
  await made.sync();
  await made.close();
  const file = await systemFiles.open(path);
  const data = Buffer.alloc(bytes, 1);
  const until = systemClock.monotonic() + SECONDS * 1000;
  const start = process.cpuUsage();
  let writes = 0;
  for (; systemClock.monotonic() < until; writes++) await file.writeDurably(data, (writes * bytes) % SEGMENT_BYTES);
  const { user, system } = process.cpuUsage(start);
  await file.close();
  rmSync(directory, { recursive: true, force: true });
  return { bytes, writeMs: Math.round((SECONDS * 10_000) / writes) / 10, cpuUsPerWrite: Math.round((user + system) / writes) };
}

const print = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

for (const bytes of [1024, 8192, 65_536]) print({ figure: 'bare durable write', ...(await bareWrite(bytes)) });
for (const secret of [null, { arguments: { text: 'x'.repeat(180) } }]) {
  for (const callers of [1, 16, 64]) print({ figure: 'journal', ...(await measure(callers, secret)) });
}
