import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { FIXTURES } from '../scenarios/running-gateway.ts';
import { type FileGateway, startFromFile } from './file-gateway.ts';

let gateway: FileGateway;
afterEach(async () => {
  await gateway?.end();
});

const SERVER = join(FIXTURES, 'tool-server-stdio.ts');
const input = (id: string) => ({
  id,
  transport: { kind: 'stdio', launch: { command: process.execPath, args: [SERVER], env: {} } },
  effects: { echo: 'read' },
});

// More than a note outlives: the last of them was noted many versions before it was made.
const COUNT = 20;

describe('changes that are made at once', () => {
  it('are all kept, and none is taken for one that somebody made in the database', { timeout: 120_000 }, async () => {
    gateway = await startFromFile('{}\n');
    const ids = Array.from({ length: COUNT }, (_, at) => `server-${at}`);
    const answers = await Promise.all(ids.map((id) => gateway.admin('POST', '/servers', input(id))));
    expect(answers.filter(({ status }) => status !== 201).map(({ body }) => body)).toEqual([]);
    const events = (await gateway.records()).map(({ record }) => (record as { readonly action?: string }).action);
    expect(events).not.toContain('config.changed_outside');
    const listed = (await gateway.admin('GET', '/servers')).body['items'] as readonly { readonly id: string }[];
    expect(listed.map(({ id }) => id).sort()).toEqual([...ids].sort());
    expect((await gateway.admin('DELETE', '/servers/server-0')).status).toBe(200);
  });
});
