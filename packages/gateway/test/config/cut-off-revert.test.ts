import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import { newFolder, startFromFile } from './file-gateway.ts';

it('a start after a revert that was cut off finds the files as they were before it, and records that', async () => {
  const folder = newFolder();
  const [data, file] = [join(folder, 'data'), join(folder, 'sallyport.yaml')];
  mkdirSync(data, { mode: 0o700 });
  const whole = 'rate_limiting: { requests_per_minute: 60 }\n';
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  const before = [{ path: file, mode: 0o600, bytes: Buffer.from(whole).toString('base64') }];
  writeFileSync(join(data, 'reverting'), JSON.stringify({ pid, before }), { mode: 0o600 });
  // What the revert had written by then: it names a folder whose files it had not written yet.
  const gateway = await startFromFile('policies: not-there-yet\n', { folder });
  expect([readFileSync(file, 'utf8'), existsSync(join(data, 'reverting'))]).toEqual([whole, false]);
  const told = (await gateway.records('kind=system')).filter(({ record }) => (record as JsonObject)['action'] === 'config.revert.undone');
  expect(told).toMatchObject([{ payload: { files: [file] } }]);
  await gateway.end();
});
