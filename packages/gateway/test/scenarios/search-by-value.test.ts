import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyedDigests } from '../../src/audit/index.ts';
import { random } from '../../src/base/bytes.ts';
import { DEFAULT_TENANT, type TenantId } from '../../src/base/ids.ts';
import type { JsonObject, JsonValue } from '../../src/contracts/json.ts';
import { openVault } from '../../src/vault/index.ts';
import { startTestGateway, type TestGateway, toolServer } from './running-gateway.ts';
import { call, modern, session } from './wire.ts';

const NEEDLE = 'canary-4111-1111';
const OTHER = 'canary-5500-0000';

let data: string;
let gateway: TestGateway;
let caller: { readonly mcp: string; readonly key: string };

beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), 'sallyport-search-'));
  gateway = await startTestGateway({ data, servers: [toolServer('one')] });
  const { text } = await gateway.key({ name: 'caller', roles: ['writer'] });
  caller = { mcp: gateway.mcp, key: text };
  const legacy = await session(caller);
  await call(legacy, 1, 'one__echo', { text: NEEDLE });
  await call(legacy, 2, 'one__echo', { text: OTHER });
  await modern(caller, 3, 'tools/call', { name: 'one__echo', arguments: { text: 'x', more: { deep: [NEEDLE, 7] } } });
  // Refused by its schema: what was tried is found too.
  await modern(caller, 4, 'tools/call', { name: 'one__echo', arguments: { text: NEEDLE, n: 'no number' } });
}, 60_000);
afterAll(async () => {
  await gateway.stop();
  rmSync(data, { recursive: true, force: true });
});

async function digestOf(value: JsonValue): Promise<string> {
  const { status, body } = await gateway.admin('POST', '/digests', { value });
  expect(status).toBe(200);
  return String(body['digest']);
}

const found = async (digest: string): Promise<readonly JsonObject[]> =>
  (await gateway.records(`value=${digest}`)).map(({ record }) => record as JsonObject);

const ENTRY = join(import.meta.dirname, '../../src/cli/sallyport.ts');

const cli = (...args: readonly string[]): Promise<{ readonly code: number; readonly out: string }> =>
  new Promise((resolve) => {
    const child = execFile(process.execPath, [ENTRY, '--data', data, ...args], { timeout: 30_000 }, (_error, out) =>
      resolve({ code: child.exitCode ?? -1, out }),
    );
    child.stdin?.end();
  });

/** Every byte of the data directory that the log is kept in. */
function bytesOf(folder: string): Buffer {
  return Buffer.concat(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map((name) => join(folder, name))
      .filter((file) => statSync(file).isFile())
      .map((file) => readFileSync(file)),
  );
}

describe('the log, searched by a value', () => {
  it('gives every call that had it among its arguments, by a digest of this tenant, and has the value nowhere in plain text [R2-059]', async () => {
    const digest = await digestOf(NEEDLE);
    expect((await found(digest)).map(({ kind, status = 'none' }) => `${String(kind)} ${String(status)}`)).toEqual([
      'intent none',
      'intent none',
      'refusal refused',
    ]);
    expect(await found(await digestOf(OTHER))).toHaveLength(1);
    expect(await found(await digestOf('canary'))).toEqual([]);
    expect(await found(await digestOf(7))).toHaveLength(1);
    expect(await found(await digestOf({ text: OTHER }))).toHaveLength(1);
    // The same value, the same digest; in another tenant another, made by the same key.
    expect(await digestOf(NEEDLE)).toBe(digest);
    const vault = openVault({ file: join(data, 'keys'), create: false, random });
    if (!vault.ok) throw new Error(vault.reason);
    const keyed = keyedDigests(vault.value.mac('audit'));
    const text = `value\n${JSON.stringify(NEEDLE)}`;
    expect(keyed(DEFAULT_TENANT, text)).toBe(digest);
    expect(keyed('other' as TenantId, text)).not.toBe(digest);
    vault.value.close();
    for (const plain of [NEEDLE, OTHER]) expect(bytesOf(join(data, 'journal')).includes(plain)).toBe(false);
  });

  it('records who searched, and not for what', async () => {
    const digest = await digestOf('canary-searched-for');
    await found(digest);
    const administered = await gateway.records('kind=administration');
    const asked = administered.filter(({ record }) => (record as JsonObject)['action'] === 'audit.value.digested');
    expect(asked.length).toBeGreaterThanOrEqual(2);
    expect(JSON.stringify(administered)).not.toContain('canary');
    expect(JSON.stringify(asked.at(-2))).toContain('[secret]');
  });

  it('is for those who may read it: nobody else gets a digest, which would be a guess that is answered', async () => {
    for (const role of ['reader', 'writer', 'approver', 'auditor'] as const) {
      const { text } = await gateway.key({ name: `a ${role}`, roles: [role] });
      const answer = await fetch(`${gateway.running.adminUrl}/api/v1/digests`, {
        method: 'POST',
        headers: { authorization: `Bearer ${text}`, 'content-type': 'application/json' },
        body: JSON.stringify({ value: NEEDLE }),
      });
      expect([role, answer.status]).toEqual([role, role === 'auditor' ? 200 : 403]);
    }
  });

  it('is one command, in which a value is text unless JSON reads something else', async () => {
    const asked = async (value: string): Promise<number> => {
      const { code, out } = await cli('log', 'query', '--json', '--value', value);
      expect(code).toBe(0);
      return (JSON.parse(out) as { readonly items: readonly unknown[] }).items.length;
    };
    expect(await asked(NEEDLE)).toBe(3);
    expect(await asked('7')).toBe(1);
    expect(await asked('"7"')).toBe(0);
    expect(await asked('nothing like it')).toBe(0);
  }, 60_000);
});
