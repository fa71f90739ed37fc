import { describe, expect, it } from 'vitest';
import { DEFAULT_TENANT, type ServerId, type TenantId } from '../base/ids.ts';
import { silentLogger } from '../base/log.ts';
import { success } from '../base/result.ts';
import type { Registration } from '../contracts/registration.ts';
import type { Tool } from '../contracts/target.ts';
import { compose, openSnapshots, type SnapshotContent } from './index.ts';

const server = (more: Partial<Registration> = {}): Registration => ({
  tenant: DEFAULT_TENANT,
  id: 'files' as ServerId,
  title: 'Files',
  transport: { kind: 'stdio', launch: { command: 'files', args: [], env: {} } },
  sharing: 'session',
  revisions: { legacy: [], modern: [] },
  capabilities: { legacy: {}, modern: {} },
  resources: null,
  limits: null,
  labels: null,
  enabled: true,
  ...more,
});

const tool = (more: Partial<Tool> = {}): Tool => ({
  kind: 'tool',
  server: 'files' as ServerId,
  name: 'read',
  qualifiedName: 'files__read',
  effect: 'read',
  effectSet: true,
  state: 'approved',
  needs: [],
  definition: { name: 'read' },
  digest: 'd',
  validateArguments: () => success(null),
  validateResult: null,
  paramHeaders: [],
  ...more,
});

function content(more: Partial<SnapshotContent> = {}): SnapshotContent {
  const composed = compose({}, 0);
  if (!composed.ok) throw new Error(composed.detail);
  return {
    tenant: DEFAULT_TENANT,
    servers: [server()],
    tools: [tool()],
    prompts: [],
    templates: [],
    grants: [],
    policies: [],
    settings: composed.value.settings,
    ...more,
  };
}

describe('snapshots', () => {
  it('are swapped as a whole, counted, and told to those who asked', () => {
    const snapshots = openSnapshots({ log: silentLogger });
    const seen: number[] = [];
    const end = snapshots.onChange((snapshot) => seen.push(snapshot.sequence));
    expect(snapshots.has(DEFAULT_TENANT)).toBe(false);
    expect(() => snapshots.current(DEFAULT_TENANT)).toThrow();
    snapshots.offer(content());
    const first = snapshots.current(DEFAULT_TENANT);
    snapshots.offer(content({ tools: [tool({ effect: 'write' })] }));
    const second = snapshots.current(DEFAULT_TENANT);
    expect([first.sequence, second.sequence]).toEqual([1, 2]);
    expect(first.tools.get('files__read')?.effect).toBe('read');
    end();
    snapshots.offer(content());
    expect(seen).toEqual([1, 2]);
    expect(snapshots.current(DEFAULT_TENANT).digest).toBe(first.digest);
  });

  it('of equal content are one', () => {
    const snapshots = openSnapshots({ log: silentLogger });
    snapshots.offer(content());
    const first = snapshots.current(DEFAULT_TENANT);
    expect(snapshots.offer(content())).toEqual({ ok: true, value: first });
    expect(snapshots.current(DEFAULT_TENANT)).toBe(first);
  });

  it.each<[string, Partial<SnapshotContent>]>([
    ['a server of another tenant', { servers: [server({ tenant: 'other' as TenantId })] }],
    ['two servers of one id', { servers: [server(), server()] }],
    ['a tool without a server', { servers: [] }],
    ['two tools of one name', { tools: [tool(), tool()] }],
    ['a grant that does not compile', { grants: [{ id: 'not an id', principal: 'p', tool: 'files__read' }] }],
    ['content without a canonical form', { servers: [server({ title: '\ud800' })] }],
  ])('with %s are refused, and the old one stays', (_, bad) => {
    const snapshots = openSnapshots({ log: silentLogger });
    snapshots.offer(content());
    const before = snapshots.current(DEFAULT_TENANT);
    expect(snapshots.offer(content(bad))).toMatchObject({ ok: false });
    expect(snapshots.current(DEFAULT_TENANT)).toBe(before);
  });

  it('are in force once they were put there, and their document, which has the version of their policy, can be kept before', () => {
    const snapshots = openSnapshots({ log: silentLogger });
    snapshots.offer(content());
    const before = snapshots.current(DEFAULT_TENANT);
    const prepared = snapshots.prepare(content({ tools: [tool({ effect: 'write' })] }));
    if (!prepared.ok) throw new Error(prepared.reason);
    expect(snapshots.current(DEFAULT_TENANT)).toBe(before);
    expect(prepared.value.document.pins).toMatchObject([{ effect: 'write' }]);
    expect(prepared.value.put().sequence).toBe(before.sequence + 1);
    expect(snapshots.current(DEFAULT_TENANT).digest).not.toBe(before.digest);
  });

  it('cannot be changed', () => {
    const snapshots = openSnapshots({ log: silentLogger });
    snapshots.offer(content());
    const { tools, servers } = snapshots.current(DEFAULT_TENANT);
    expect(() => (tools as Map<string, Tool>).set('x', tool())).toThrow(TypeError);
    expect(() => (tools as Map<string, Tool>).delete('files__read')).toThrow(TypeError);
    expect(() => (servers as Map<ServerId, Registration>).clear()).toThrow(TypeError);
    expect(Object.isFrozen(snapshots.current(DEFAULT_TENANT))).toBe(true);
  });

  it('reach every listener though one of them fails', () => {
    const snapshots = openSnapshots({ log: silentLogger });
    let reached = 0;
    snapshots.onChange(() => {
      throw new Error('a listener');
    });
    snapshots.onChange(() => {
      reached += 1;
    });
    expect(snapshots.offer(content())).toMatchObject({ ok: true });
    expect(reached).toBe(1);
  });

  it.each<[string, Partial<SnapshotContent>]>([
    ['an effect', { tools: [tool({ effect: 'write' })] }],
    ['a state', { tools: [tool({ state: 'changed' })] }],
    ['a definition', { tools: [tool({ digest: 'e' })] }],
    ['a switch', { servers: [server({ enabled: false })] }],
    ['a grant', { grants: [{ id: 'g', principal: 'p', tool: 'files__read' }] }],
  ])('have another digest for %s', (_, other) => {
    const snapshots = openSnapshots({ log: silentLogger });
    const first = snapshots.offer(content());
    const second = snapshots.offer(content(other));
    expect(first.ok && second.ok && first.value.digest !== second.value.digest).toBe(true);
  });
});
