import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ServerId, TenantId } from '../../src/base/ids.ts';
import type { CallLimits, Registration, Transport } from '../../src/contracts/registration.ts';
import { REGISTRY_MIGRATIONS } from '../../src/registry/migrations/index.ts';
import type { Candidate, Pin } from '../../src/registry/pin.ts';
import { openRegistryStore, type RegistryStore } from '../../src/registry/store.ts';
import { migrate, type Storage } from '../../src/storage/index.ts';
import { type Ground, prepareGround } from '../faults/journal.ts';
import type { OpenBackend } from './storage-suite.ts';

const ONE = 'one' as TenantId;
const TWO = 'two' as TenantId;
const NOW = 1_767_225_600_000;
const STDIO: Transport = { kind: 'stdio', launch: { command: 'node', args: ['-e', `'"\\ $(x)`], env: { TOKEN: 'geheim ü 😀' } } };
const LOCAL = { launch: { command: 'npx', args: [], env: {} }, tokenEnv: 'T', path: '/mcp' } as const;
const TRANSPORTS: readonly Transport[] = [
  STDIO,
  { kind: 'streamable-http', url: 'https://example.org/mcp', headers: { authorization: 'Bearer x' }, local: null },
  { kind: 'streamable-http', url: null, headers: {}, local: LOCAL },
];

const FITS: Candidate = {
  definition: { name: 'drop', description: "'; drop table registry_pin; --", inputSchema: { type: 'object', maximum: 1e21 } },
  digest: 'ab'.repeat(32),
  needsCapability: true,
  schemas: { arguments: { hash: 'cd'.repeat(32), lane: 'main' }, result: null },
  problem: null,
};
const FAULTY: Candidate = { ...FITS, schemas: null, problem: { reason: 'registry.tool.schema_dialect', detail: 'draft-03' } };

const NONE = { callsPerMinute: null, inFlight: null, inFlightPerPrincipal: null };
const LIMITED: CallLimits = { ...NONE, callsPerMinute: 30, tools: { read: { ...NONE, inFlight: 2 } } };

/** What every engine must do alike for registered servers and their pins. */
export function registryStoreContract(engine: string, openBackend: OpenBackend): void {
  describe(`registry store contract on ${engine}`, () => {
    let storage: Storage;
    let store: RegistryStore;
    let ground: Ground;
    let count = 0;

    beforeAll(async () => {
      storage = await openBackend();
      expect(await migrate(storage, 'registry', REGISTRY_MIGRATIONS)).toMatchObject({ ok: true });
      ground = prepareGround();
      store = openRegistryStore(storage, ground.vault.sealer('state'));
    });
    afterAll(async () => {
      await storage.close();
      ground.clear();
    });

    const tenantOf = () => `tenant-${count++}` as TenantId;
    const server = (tenant: TenantId, id: string, over: Partial<Registration> = {}): Registration => ({
      tenant,
      id: id as ServerId,
      title: `Server ${id}`,
      transport: STDIO,
      sharing: 'session',
      revisions: { legacy: ['2025-11-25', '2025-03-26'], modern: [] },
      capabilities: { legacy: { tools: {} }, modern: {} },
      resources: null,
      limits: null,
      labels: null,
      enabled: true,
      ...over,
    });
    const pin = ({ tenant, id }: Registration, name: string, over: Partial<Pin> = {}): Pin => ({
      tenant,
      server: id,
      kind: 'tool',
      name,
      position: 0,
      state: 'approved',
      effect: 'read',
      candidate: FITS,
      offered: null,
      gone: false,
      ...over,
    });
    const put = async (registration: Registration, pins: readonly Pin[] = []) =>
      expect(await store.putServer(registration, pins, NOW)).toMatchObject({ ok: true });
    const namesOf = async (tenant: TenantId, id: ServerId | null = null) => {
      const pins = await store.pins(tenant, id);
      return pins.ok ? pins.value.map(({ name }) => name) : pins;
    };

    test.each(TRANSPORTS)('a server comes back whole: $kind', async (transport) => {
      const one = server(tenantOf(), 'a', { transport, sharing: 'shared', enabled: false, title: '' });
      await put(one);
      expect(await store.server(one.tenant, one.id)).toEqual({ ok: true, value: one });
      expect(await store.servers(one.tenant)).toEqual({ ok: true, value: [one] });
    });

    test('a pin comes back whole, in each state', async () => {
      const one = server(tenantOf(), 'a');
      const pins = [
        pin(one, 'approved'),
        pin(one, 'pending', { position: 1, state: 'pending', effect: null }),
        pin(one, 'changed', { position: 2, state: 'changed', effect: 'destructive', offered: FAULTY }),
        pin(one, 'gone ü 😀', { position: 3, state: 'quarantined', effect: 'write', candidate: FAULTY, gone: true }),
      ];
      await put(one, pins);
      expect(await store.pins(one.tenant, one.id)).toEqual({ ok: true, value: pins });
      expect(await store.everything(one.tenant)).toEqual({ ok: true, value: { servers: [one], pins } });
    });

    test('what is not there is null, an empty list, or false, never an error', async () => {
      const [tenant, id] = [tenantOf(), 'nobody' as ServerId];
      expect(await store.server(tenant, id)).toEqual({ ok: true, value: null });
      expect(await store.servers(tenant)).toEqual({ ok: true, value: [] });
      expect(await store.pins(tenant, id)).toEqual({ ok: true, value: [] });
      expect(await store.everything(tenant)).toEqual({ ok: true, value: { servers: [], pins: [] } });
      expect(await store.setEnabled(tenant, id, true)).toEqual({ ok: true, value: false });
      expect(await store.remove(tenant, id)).toEqual({ ok: true, value: false });
    });

    test('a tenant neither sees nor changes what another has under the same names', async () => {
      const [mine, theirs] = [server(ONE, 'same', { title: 'mine' }), server(TWO, 'same', { title: 'theirs' })];
      await put(mine, [pin(mine, 'tool')]);
      await put(theirs, [pin(theirs, 'tool', { effect: 'write' })]);
      await store.putPin(pin(theirs, 'tool', { effect: 'destructive' }));
      await store.setEnabled(TWO, theirs.id, false);
      await store.setLimits(TWO, theirs.id, LIMITED);
      await store.remove(TWO, theirs.id);
      expect(await store.everything(ONE)).toEqual({ ok: true, value: { servers: [mine], pins: [pin(mine, 'tool')] } });
      expect(await store.everything(TWO)).toEqual({ ok: true, value: { servers: [], pins: [] } });
    });

    test('servers come by id, byte by byte, and pins by server, place and name', async () => {
      const tenant = tenantOf();
      const [b, a10, a] = [server(tenant, 'b'), server(tenant, 'a-10'), server(tenant, 'a')];
      await put(b, [pin(b, 'first')]);
      await put(a10);
      await put(a, [
        pin(a, 'z', { position: 1 }),
        pin(a, 'y', { position: 1 }),
        pin(a, 'Z', { position: 1 }),
        pin(a, 'last', { position: 10 }),
      ]);
      const servers = await store.servers(tenant);
      expect(servers.ok && servers.value.map(({ id }) => id)).toEqual(['a', 'a-10', 'b']);
      expect(await namesOf(tenant)).toEqual(['Z', 'y', 'z', 'last', 'first']);
      expect(await namesOf(tenant, a.id)).toEqual(['Z', 'y', 'z', 'last']);
    });

    test('a server that is put again replaces all that it had', async () => {
      const one = server(tenantOf(), 'a');
      await put(one, [pin(one, 'old'), pin(one, 'both', { position: 1 })]);
      await put({ ...one, title: 'new' }, [pin(one, 'both', { effect: 'write' })]);
      const value = { servers: [{ ...one, title: 'new' }], pins: [pin(one, 'both', { effect: 'write' })] };
      expect(await store.everything(one.tenant)).toEqual({ ok: true, value });
    });

    test('a server that cannot be put whole leaves what was there', async () => {
      const one = server(tenantOf(), 'a');
      await put(one, [pin(one, 'kept')]);
      const twice = [pin(one, 'twice'), pin(one, 'twice')];
      expect(await store.putServer({ ...one, title: 'new' }, twice, NOW)).toMatchObject({ ok: false, reason: 'storage.conflict' });
      expect(await store.everything(one.tenant)).toEqual({ ok: true, value: { servers: [one], pins: [pin(one, 'kept')] } });
    });

    test('a pin is changed in its place, and one that is not there is not made', async () => {
      const one = server(tenantOf(), 'a');
      await put(one, [pin(one, 'x'), pin(one, 'y', { position: 1 })]);
      const changed = pin(one, 'x', { state: 'changed', effect: null, offered: FAULTY, gone: true });
      expect(await store.putPin(changed)).toMatchObject({ ok: true });
      expect(await store.putPin(pin(one, 'nobody'))).toMatchObject({ ok: true });
      expect(await store.pins(one.tenant, one.id)).toEqual({ ok: true, value: [changed, pin(one, 'y', { position: 1 })] });
    });

    test('a server is switched, and its pins go with it when it is removed', async () => {
      const tenant = tenantOf();
      const [one, other] = [server(tenant, 'a'), server(tenant, 'b')];
      await put(one, [pin(one, 'x')]);
      await put(other, [pin(other, 'x')]);
      expect(await store.setEnabled(tenant, one.id, false)).toEqual({ ok: true, value: true });
      expect(await store.server(tenant, one.id)).toEqual({ ok: true, value: { ...one, enabled: false } });
      expect(await store.remove(tenant, one.id)).toEqual({ ok: true, value: true });
      expect(await store.everything(tenant)).toEqual({ ok: true, value: { servers: [other], pins: [pin(other, 'x')] } });
    });

    test('limits are kept whole with the server, are set apart from the rest, and are gone when they are taken away', async () => {
      const tenant = tenantOf();
      const one = server(tenant, 'one', { limits: LIMITED });
      await put(one, [pin(one, 'read')]);
      expect(await store.server(tenant, one.id)).toEqual({ ok: true, value: one });
      expect(await store.setLimits(tenant, one.id, null)).toEqual({ ok: true, value: true });
      expect(await store.everything(tenant)).toEqual({
        ok: true,
        value: { servers: [{ ...one, limits: null }], pins: [pin(one, 'read')] },
      });
      expect(await store.setLimits(tenant, 'none' as ServerId, LIMITED)).toEqual({ ok: true, value: false });
    });

    test('everything is one moment: never a pin without its server, however many change at once', async () => {
      const tenant = tenantOf();
      const change = async (id: string) => {
        const one = server(tenant, id);
        for (let round = 0; round < 5; round++) {
          await put(one, [pin(one, 'x'), pin(one, 'y')]);
          await store.remove(tenant, one.id);
        }
      };
      const look = async () => {
        for (let round = 0; round < 20; round++) {
          const seen = await store.everything(tenant);
          if (!seen.ok) throw new Error(seen.reason);
          const { servers, pins } = seen.value;
          expect(pins.map((found) => found.server)).toEqual(servers.flatMap(({ id }) => [id, id]));
        }
      };
      await Promise.all([change('a'), change('b'), change('c'), look()]);
    });
  });
}
