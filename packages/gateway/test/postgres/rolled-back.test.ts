import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { silentLogger } from '../../src/base/log.ts';
import type { Result } from '../../src/base/result.ts';
import { SecretString } from '../../src/base/secret-string.ts';
import type { Reason } from '../../src/contracts/reasons/index.ts';
import { startGateway } from '../../src/main.ts';
import { type PostgresServer, startPostgres } from '../fixtures/postgres-server.ts';
import { startOptions } from '../scenarios/running-gateway.ts';
import { startShared } from './two-gateways.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
}, 120_000);
afterAll(() => server?.stop());

/** One statement after the other, outside the database that is copied. */
async function ask(url: string, ...statements: readonly string[]): Promise<void> {
  const admin = new URL(url);
  admin.pathname = '/postgres';
  const client = new pg.Client(admin.href);
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}

async function start(data: string, url: string, acceptChanged = false): Promise<Result<null, Reason>> {
  const storage = { kind: 'postgres', url: new SecretString(url) } as const;
  const started = await startGateway({ ...startOptions(data, silentLogger), storage, acceptChanged });
  if (!started.ok) return started;
  await started.value.stop();
  return { ok: true, value: null };
}

test('a database that is put back from an older copy is noticed by each gateway that saw it later, and by none that did not', {
  timeout: 120_000,
}, async () => {
  const url = await server.database();
  const name = new URL(url).pathname.slice(1);
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-rolled-back-'));
  const [one, other] = [join(folder, 'one'), join(folder, 'other')];
  const first = await startShared(url);
  const like = first.data;
  for (const data of [one, other]) {
    mkdirSync(data, { mode: 0o700 });
    for (const file of ['keys', 'admin.key', 'client.key']) cpSync(join(like, file), join(data, file));
  }
  await first.running.stop();
  expect(await start(other, url)).toMatchObject({ ok: true });
  await ask(url, `create database ${name}_copy template ${name}`);
  expect(await start(one, url)).toMatchObject({ ok: true });
  await ask(url, `drop database ${name} with (force)`, `alter database ${name}_copy rename to ${name}`);
  expect(await start(one, url)).toMatchObject({
    ok: false,
    reason: 'storage.rolled_back',
    detail: expect.stringMatching(/the database is older.*high-water.*put the newest copy back/s),
  });
  // It saw nothing later. What it does raises the mark of the database, and not the records: those are other ones.
  for (let i = 0; i < 3; i++) expect(await start(other, url)).toMatchObject({ ok: true });
  expect(await start(one, url)).toMatchObject({ ok: false, reason: 'storage.rolled_back' });
  expect(await start(one, url, true)).toMatchObject({ ok: true });
  expect(await start(one, url)).toMatchObject({ ok: true });
  rmSync(like, { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
});
