import type { KeyId, PrincipalId, ServerId, TenantId } from '../packages/gateway/src/base/ids.ts';
import type { PolicyResource } from '../packages/gateway/src/contracts/decision.ts';
import type { Principal } from '../packages/gateway/src/contracts/principal.ts';
import { compilePolicies } from '../packages/gateway/src/policy/index.ts';

// What a decision costs: asked of Cedar, with and without a grant in the slice, and from the cache. One JSON line a figure.
const TOOLS = 30;
const PRINCIPALS = 200;

const tools = Array.from({ length: TOOLS }, (_, index) => ({
  kind: 'tool' as const,
  server: 'files' as ServerId,
  name: `t${index}`,
  qualifiedName: `files__t${index}`,
  effect: index % 3 === 0 ? ('destructive' as const) : ('read' as const),
  state: 'approved' as const,
}));

const principals = Array.from(
  { length: PRINCIPALS },
  (_, index): Principal => ({
    tenant: 'default' as TenantId,
    id: `p${index}` as PrincipalId,
    name: '',
    roles: ['writer'],
    scopes: [{ server: 'files', tool: '*' }],
    credential: { kind: 'api_key', id: `k${index}` as KeyId, expiresAt: 0, methods: null },
  }),
);

const grants = principals.map((principal, index) => ({ id: `g${index}`, principal: principal.id, tool: 'files__t0' }));

function freshSet() {
  const set = compilePolicies({ tenant: 'default', grants, pins: tools, servers: [] });
  if (!set.ok) throw new Error(set.detail);
  return set.value;
}

/** Microseconds of CPU for one decision. */
function cost(set: ReturnType<typeof freshSet>, resources: readonly PolicyResource[], rounds: number): number {
  const started = process.cpuUsage();
  for (let round = 0; round < rounds; round++) {
    for (const principal of principals) for (const resource of resources) set.decide(principal, 'call', resource);
  }
  const { user, system } = process.cpuUsage(started);
  return (user + system) / (rounds * principals.length * resources.length);
}

const print = (figure: string, value: number, unit: string): void =>
  console.log(JSON.stringify({ figure, value: Number(value.toFixed(3)), unit }));

cost(freshSet(), tools, 1);
const withoutGrants = tools.filter((tool) => tool.qualifiedName !== 'files__t0');
const set = freshSet();
print('policy.decide.uncached', cost(set, withoutGrants, 1), 'us');
print('policy.decide.uncached_with_grant', cost(set, tools.slice(0, 1), 1), 'us');
cost(set, tools, 50);
print('policy.decide.cached', cost(set, tools, 300) * 1000, 'ns');
const started = performance.now();
for (let round = 0; round < 20; round++) freshSet();
print('policy.compile', (performance.now() - started) / 20, 'ms');
