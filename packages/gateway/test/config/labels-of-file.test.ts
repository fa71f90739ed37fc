import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { FIXTURES } from '../scenarios/running-gateway.ts';
import { type Caller, modern, textOf } from '../scenarios/wire.ts';
import { type FileGateway, newFolder, startFromFile } from './file-gateway.ts';

let gateway: FileGateway;
afterEach(() => gateway?.end());

const SERVER = join(FIXTURES, 'tool-server-stdio.ts');
const file = (labels: string): string =>
  `servers:\n  one:\n    command: ${process.execPath}\n    args: [${SERVER}]\n    effects: { echo: read, read_0: read }\n${labels}policies: [policies]\n`;
const PUBLIC = '@id("public-only") forbid (principal, action, resource) unless { resource.dataClass == "public" };\n';
const echo = async (caller: Caller, name = 'echo'): Promise<boolean> =>
  textOf(await modern(caller, 1, 'tools/call', { name: `one__${name}`, arguments: { text: 'x' } })).includes('"x"');
const none = { dataClass: null, environment: null };

describe('labels that a file names', () => {
  it('are read by policies, changed with the file, in its versions, and there again after a restart', async () => {
    const folder = newFolder();
    mkdirSync(join(folder, 'policies'));
    writeFileSync(join(folder, 'policies/own.cedar'), PUBLIC);
    gateway = await startFromFile(file('    labels:\n      environment: test\n      tools: { echo: { data_class: public } }\n'), {
      folder,
    });
    const ann: Caller = { mcp: gateway.running.mcpUrl, key: (await gateway.key('ann')).text };
    expect([await echo(ann), await echo(ann, 'read_0')]).toEqual([true, false]);
    gateway.write(file('    labels: { data_class: public, tools: { echo: { data_class: internal } } }\n'));
    expect((await gateway.admin('POST', '/config/reload')).status).toBe(200);
    expect([await echo(ann), await echo(ann, 'read_0')]).toEqual([false, true]);
    const shown = await gateway.admin('GET', '/config/versions/2');
    expect(JSON.stringify(shown.body['changes'])).toContain('stored.servers.one.labels');
    await gateway.stop();
    gateway = await startFromFile(file('    labels: { data_class: public, tools: { echo: { data_class: internal } } }\n'), { folder });
    const { body } = await gateway.admin('GET', '/servers/one');
    const labels = { ...none, dataClass: 'public', tools: { echo: { ...none, dataClass: 'internal' } }, prompts: {}, templates: {} };
    expect(body['labels']).toEqual(labels);
  }, 90_000);

  it('are changed in the file and nowhere else, and one of a tool that there is not is a mistake with its line', async () => {
    const folder = newFolder();
    mkdirSync(join(folder, 'policies'));
    writeFileSync(join(folder, 'policies/own.cedar'), PUBLIC);
    gateway = await startFromFile(file('    labels: { data_class: public }\n'), { folder });
    const refused = await gateway.admin('POST', '/servers/one/labels', { labels: null });
    expect(refused).toMatchObject({ status: 409, body: { error: { reason: 'config.owned_by_file' } } });
    for (const [wrong, key] of [
      ['{ tools: { eccho: { data_class: public } } }', 'labels.tools.eccho'],
      ['{ data_class: Very Secret }', 'data_class'],
    ]) {
      gateway.write(file(`    labels: ${wrong}\n`));
      const told = await gateway.admin('POST', '/config/reload');
      expect([told.status, JSON.stringify(told.body)]).toEqual([409, expect.stringContaining(String(key))]);
    }
    expect((await gateway.admin('GET', '/servers/one')).body['labels']).toMatchObject({ dataClass: 'public' });
  }, 60_000);
});
