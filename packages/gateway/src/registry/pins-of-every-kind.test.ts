import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { random } from '../base/bytes.ts';
import { systemClock } from '../base/clock.ts';
import { DEFAULT_TENANT } from '../base/ids.ts';
import { silentLogger } from '../base/log.ts';
import { success } from '../base/result.ts';
import type { JsonObject } from '../contracts/json.ts';
import type { Offer } from '../contracts/prober.ts';
import { openStorage, type Storage } from '../storage/index.ts';
import { openRegistry, type Registry } from './open-registry.ts';

const TOOL: JsonObject = { name: 'read', inputSchema: { type: 'object' } };
const offerOf = (...definitions: readonly JsonObject[]): Offer['tools'] =>
  definitions.map((definition) => ({ definition, needsCapability: false }));

let dir: string;
let storage: Storage;
let registry: Registry;
let offeredPrompts: Offer['prompts'];
let offeredTemplates: Offer['templates'];

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'registry-'));
  offeredPrompts = [];
  offeredTemplates = [];
  const opened = await openStorage({ dir, key: random(32), clock: systemClock, log: silentLogger });
  if (!opened.ok) throw new Error(opened.detail);
  storage = opened.value;
  const offer = (): Offer => ({
    revisions: { legacy: ['2025-11-25'], modern: [] },
    serverInfo: {},
    capabilities: { legacy: {}, modern: {} },
    tools: offerOf(TOOL),
    prompts: offeredPrompts,
    templates: offeredTemplates,
  });
  const made = await openRegistry({ storage, prober: { probe: async () => success(offer()) }, clock: systemClock, log: silentLogger });
  if (!made.ok) throw new Error(made.detail);
  registry = made.value;
});
afterEach(async () => {
  await registry.close();
  await storage.close();
  rmSync(dir, { recursive: true, force: true });
});

const SERVER = { id: 'files', transport: { kind: 'stdio', launch: { command: 'files' } } };
const register = (more: object = {}) => registry.register(DEFAULT_TENANT, { ...SERVER, ...more });
const refresh = () => registry.refresh(DEFAULT_TENANT, 'files', null);

describe('prompts and templates', () => {
  const prompt = (name: unknown, more: JsonObject = {}): JsonObject => ({ name: name as string, ...more });
  const template = (uriTemplate: unknown): JsonObject => ({ uriTemplate: uriTemplate as string, name: 'made' });
  const state = async () => {
    const read = await registry.state(DEFAULT_TENANT);
    if (!read.ok) throw new Error(read.detail);
    return read.value;
  };

  it('are pinned with their own effects, may have the name of a tool, and propose to be read', async () => {
    offeredPrompts = offerOf(prompt('read', { arguments: [{ name: 'who', required: true }] }), prompt('other'));
    offeredTemplates = offerOf(template('made://{id}'));
    await register({ effects: { read: 'write' }, prompts: { read: 'read' }, templates: 'read', resources: 'read' });
    const { prompts, templates, servers } = await state();
    expect(prompts.map(({ name, qualifiedName, effect }) => [name, qualifiedName, effect])).toEqual([
      ['read', 'files__read', 'read'],
      ['other', 'files__other', 'destructive'],
    ]);
    expect(templates).toMatchObject([{ qualifiedName: 'files+made://{id}', effect: 'read', argumentNames: ['id'] }]);
    expect(templates[0]?.matches('made://7')).toBe(true);
    expect(servers).toMatchObject([{ resources: 'read' }]);
    expect((await state()).tools).toMatchObject([{ name: 'read', effect: 'write' }]);
    expect(await registry.show(DEFAULT_TENANT, 'files')).toMatchObject({ value: { prompts: [{ proposedEffect: 'read' }, {}] } });
  });

  it.each<[string, { prompts?: JsonObject; templates?: JsonObject }]>([
    ['a declaration that is no list', { prompts: prompt('p', { arguments: {} }) }],
    ['two arguments of one name', { prompts: prompt('p', { arguments: [{ name: 'a' }, { name: 'a' }] }) }],
    ['an argument without a name', { prompts: prompt('p', { arguments: [{}] }) }],
    ['a description that is no text', { prompts: prompt('p', { description: 7 }) }],
    ['a text that is no template', { templates: template('made://{') }],
  ])('with %s are quarantined and refuse everything', async (_, odd) => {
    offeredPrompts = odd.prompts ? offerOf(odd.prompts) : [];
    offeredTemplates = odd.templates ? offerOf(odd.templates) : [];
    await register({ prompts: 'read', templates: 'read' });
    const { prompts, templates } = await state();
    expect([...prompts, ...templates].map((pin) => pin.state)).toEqual(['quarantined']);
    for (const one of prompts) expect(await one.validateArguments({})).toMatchObject({ ok: false });
    for (const one of templates) expect(one.matches('made://{')).toBe(false);
  });

  it('without a name are left out, and two of one name are quarantined', async () => {
    offeredPrompts = offerOf(prompt(7), prompt(''), prompt('a\u0000b'), prompt('twice'), prompt('twice', { title: 'Other' }));
    await register({ prompts: 'read' });
    expect((await state()).prompts.map(({ name, state: is }) => [name, is])).toEqual([['twice', 'quarantined']]);
  });

  it('wait when they are new, are hidden when they changed, and are approved by kind, name and digest', async () => {
    offeredPrompts = offerOf(prompt('read'));
    await register({ prompts: 'read' });
    offeredPrompts = offerOf(prompt('read', { description: 'Obey.' }), prompt('fresh'));
    offeredTemplates = offerOf(template('made://{id}'));
    await refresh();
    const states = async () => [...(await state()).prompts, ...(await state()).templates].map((pin) => [pin.name, pin.state, pin.effect]);
    expect(await states()).toEqual([
      ['read', 'changed', 'read'],
      ['fresh', 'pending', 'destructive'],
      ['made://{id}', 'pending', 'destructive'],
    ]);
    expect(await registry.approve(DEFAULT_TENANT, { server: 'files', kind: 'prompt', tool: 'read', digest: '0'.repeat(64) })).toMatchObject(
      {
        reason: 'registry.tool.digest_differs',
      },
    );
    for (const [kind, tool] of [
      ['prompt', 'read'],
      ['prompt', 'fresh'],
      ['template', 'made://{id}'],
    ] as const)
      expect(await registry.approve(DEFAULT_TENANT, { server: 'files', kind, tool, effect: 'read' })).toMatchObject({ ok: true });
    expect((await states()).map(([, is, effect]) => [is, effect])).toEqual([
      ['approved', 'read'],
      ['approved', 'read'],
      ['approved', 'read'],
    ]);
    expect(await registry.approve(DEFAULT_TENANT, { server: 'files', kind: 'template', tool: 'read' })).toMatchObject({
      reason: 'registry.tool_unknown',
    });
  });

  it('that are given an effect and not offered refuse the registration', async () => {
    expect(await register({ prompts: { nobody: 'read' } })).toMatchObject({
      reason: 'registry.server_invalid',
      detail: expect.stringContaining('nobody'),
    });
  });
});
