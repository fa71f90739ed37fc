import { DEFAULT_TENANT, type KeyId, type PrincipalId, type ServerId } from '../../src/base/ids.ts';
import { success } from '../../src/base/result.ts';
import { buildSnapshot, compose } from '../../src/config/index.ts';
import type { Grant } from '../../src/contracts/decision.ts';
import type { Principal, Role } from '../../src/contracts/principal.ts';
import type { Snapshot } from '../../src/contracts/snapshot.ts';
import type { Tool } from '../../src/contracts/target.ts';
import { visibleTo } from '../../src/gateway/visible.ts';

const SERVERS = 10;
const ROLES: readonly (readonly Role[])[] = [['reader'], ['writer'], ['reader', 'writer'], ['admin', 'reader'], ['service']];

/** What a principal's first request after a new snapshot waits for, and the first decision about a call. Milliseconds of this thread's CPU. */
export interface FirstUse {
  readonly firstOfAll: number;
  readonly median: number;
  readonly most: number;
  /** Wall time: the clock of the CPU is too coarse for it. */
  readonly medianCall: number;
}

/**
 * Every principal for the first time under one new snapshot; each has grants of its own and one in two a narrow key. CPU of the thread and not
 * wall time: on a machine that others use, a wait for a core is not the gateway's.
 */
export function measureFirstVisibility(tools: number, principals: number): FirstUse {
  const snapshot = snapshotOf(tools, principals);
  const callers = Array.from({ length: principals }, (_, index) => principalOf(index));
  const call = [...snapshot.tools.values()].at(-1) as Tool;
  const [visible, calls]: [number[], number[]] = [[], []];
  for (const caller of callers) {
    visible.push(cpuOf(() => visibleTo(snapshot, caller)));
    const began = performance.now();
    snapshot.policy.decide(caller, 'call', call);
    calls.push(performance.now() - began);
  }
  return {
    firstOfAll: visible[0] ?? 0,
    median: median(visible),
    most: Math.max(...visible),
    medianCall: median(calls),
  };
}

function cpuOf(work: () => unknown): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const serverOf = (index: number): ServerId => `server-${index % SERVERS}` as ServerId;

function toolOf(index: number): Tool {
  const server = serverOf(index);
  const name = `tool_${index}`;
  return {
    kind: 'tool',
    server,
    name,
    qualifiedName: `${server}__${name}`,
    effect: (['read', 'write', 'destructive'] as const)[index % 3] ?? 'destructive',
    effectSet: true,
    state: 'approved',
    needs: [],
    definition: { name, inputSchema: { type: 'object' } },
    digest: '',
    validateArguments: () => success(null),
    validateResult: null,
    paramHeaders: [],
  };
}

const principalOf = (index: number): Principal => ({
  tenant: DEFAULT_TENANT,
  id: `principal-${index}` as PrincipalId,
  name: '',
  roles: ROLES[index % ROLES.length] ?? [],
  scopes:
    index % 2 === 0
      ? [{ server: '*', tool: '*' }]
      : Array.from({ length: 20 }, (_, scope) => ({ server: `server-${scope % SERVERS}`, tool: scope < 5 ? '*' : `tool_${scope}` })),
  credential: { kind: 'api_key', id: `key-${index}` as KeyId, expiresAt: 0, methods: null },
});

function snapshotOf(tools: number, principals: number): Snapshot {
  const settings = compose({}, 0);
  if (!settings.ok) throw new Error(settings.detail);
  const all = Array.from({ length: tools }, (_, index) => toolOf(index));
  const grants = Array.from({ length: principals * 10 }, (_, index): Grant => {
    const tool = all[(index * 7) % tools] as Tool;
    return { id: `g${index}`, principal: `principal-${Math.floor(index / 10)}`, tool: tool.qualifiedName };
  });
  const servers = Array.from({ length: SERVERS }, (_, index) => ({
    tenant: DEFAULT_TENANT,
    id: serverOf(index),
    title: '',
    transport: { kind: 'stdio' as const, launch: { command: 'none', args: [], env: {} } },
    sharing: 'session' as const,
    revisions: { legacy: ['2025-11-25' as const], modern: ['2026-07-28' as const] },
    capabilities: { legacy: {}, modern: {} },
    resources: null,
    limits: null,
    labels: null,
    enabled: true,
  }));
  const built = buildSnapshot(
    { tenant: DEFAULT_TENANT, servers, tools: all, prompts: [], templates: [], grants, policies: [], settings: settings.value.settings },
    1,
  );
  if (!built.ok) throw new Error(built.detail);
  return built.value;
}
