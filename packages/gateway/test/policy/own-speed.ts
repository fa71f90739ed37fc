import type { KeyId, PrincipalId, ServerId } from '../../src/base/ids.ts';
import { DEFAULT_TENANT } from '../../src/base/ids.ts';
import type { Principal } from '../../src/contracts/principal.ts';
import { compilePolicies } from '../../src/policy/index.ts';

/** What own policies cost that concern everything and read arguments. */
export interface OwnSpeed {
  /** Milliseconds of CPU: the most of some callers, each of whom lists all tools for the first time. */
  readonly firstList: number;
  /** Microseconds of CPU: a call with arguments that were never seen, on each tool in turn; permitted and refused ones. */
  readonly permitted: number;
  readonly refused: number;
}

const WIDE = [
  'permit (principal in Role::"writer", action, resource is Tool) when { resource.effect == "write" };',
  'forbid (principal, action, resource is Tool) when { context.arguments.path like "*secret*" };',
  'permit (principal in Role::"reader", action, resource in Server::"s3") when { resource.name like "t*" };',
  'forbid (principal, action, resource is Tool) when { resource.server == "s4" && context.arguments has n && context.arguments.n > 100 };',
  'permit (principal, action, resource == Tool::"s1__t1") when { context.arguments.path like "/srv/*" };',
];

export function measureOwnPolicies(count: number, callers: number): OwnSpeed {
  const definition = {
    inputSchema: { type: 'object', required: ['path'], properties: { path: { type: 'string' }, n: { type: 'integer' } } },
  };
  const pins = Array.from({ length: count }, (_, index) => {
    const server = `s${index % 10}` as ServerId;
    const effect = (['read', 'write', 'destructive'] as const)[index % 3] ?? 'read';
    return {
      kind: 'tool',
      server,
      name: `t${index}`,
      qualifiedName: `${server}__t${index}`,
      effect,
      state: 'approved',
      definition,
    } as const;
  });
  const own = WIDE.map((text, index) => ({ id: `p-${index}`, text: `@id("p-${index}") ${text}`, place: { file: null, line: 1 } }));
  const set = compilePolicies({ tenant: DEFAULT_TENANT, own, grants: [], pins, servers: [] });
  if (!set.ok) throw new Error(set.detail);
  const everybody = Array.from({ length: callers }, (_, index) => principalOf(index));
  const lists = everybody.map((who) => cpuOf(() => pins.map((pin) => set.value.decide(who, 'discover', pin))));
  const writers = pins.filter(({ effect }) => effect === 'write');
  const who = principalOf(0);
  const judged = (text: string): number =>
    (cpuOf(() => {
      for (const [index, pin] of writers.entries())
        if (!set.value.judge(who, pin, { path: `/${index}/${text}` }).ok) throw new Error('a fault');
    }) *
      1000) /
    writers.length;
  judged('once');
  return { firstList: Math.max(...lists), permitted: judged('plain'), refused: judged('secret') };
}

const ROLES = [['writer'], ['reader', 'writer'], ['reader']] as const;

const principalOf = (index: number): Principal => ({
  tenant: DEFAULT_TENANT,
  id: `u${index}` as PrincipalId,
  name: '',
  roles: ROLES[index % ROLES.length] ?? ['writer'],
  scopes: [{ server: '*', tool: '*' }],
  credential: { kind: 'api_key', id: `k${index}` as KeyId, expiresAt: 0, methods: null },
});

function cpuOf(work: () => unknown): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}
