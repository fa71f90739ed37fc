import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { documentStoreContract } from './document-store-suite.ts';
import { grantStoreContract } from './grant-store-suite.ts';
import { holdStoreContract } from './hold-store-suite.ts';
import { keyStoreContract } from './key-store-suite.ts';
import { ownPolicyStoreContract } from './own-policy-store-suite.ts';
import { postgresBackend } from './postgres-backend.ts';
import { registryStoreContract } from './registry-store-suite.ts';
import { storageContract } from './storage-suite.ts';
import { taskStoreContract } from './task-store-suite.ts';
import { versionStoreContract } from './version-store-suite.ts';

// One file, because each file starts a server.
const openBackend = postgresBackend();

storageContract('postgres', openBackend);
keyStoreContract('postgres', openBackend);
registryStoreContract('postgres', openBackend);
grantStoreContract('postgres', openBackend);
documentStoreContract('postgres', openBackend);
versionStoreContract('postgres', openBackend);
ownPolicyStoreContract('postgres', openBackend);
holdStoreContract('postgres', openBackend);
taskStoreContract('postgres', openBackend);

test('every suite of a store runs on both engines', () => {
  const files = readdirSync(import.meta.dirname);
  const texts = (choose: (file: string) => boolean) =>
    files.filter(choose).map((file) => readFileSync(`${import.meta.dirname}/${file}`, 'utf8'));
  const contracts = texts((file) => file.endsWith('-store-suite.ts')).map(
    (text) => /export function (\w+Contract)\(/.exec(text)?.[1] ?? text,
  );
  const joined = texts((file) => file.endsWith('.test.ts')).join('\n');
  expect(contracts.length).toBeGreaterThanOrEqual(4);
  for (const contract of contracts)
    for (const engine of ['sqlite', 'postgres']) expect(joined.includes(`${contract}('${engine}'`), `${contract} on ${engine}`).toBe(true);
});
