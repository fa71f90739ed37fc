import { describe, expect, it } from 'vitest';
import { DEFAULT_TENANT, type KeyId, type PrincipalId, type ServerId, type TenantId } from '../../src/base/ids.ts';
import { success } from '../../src/base/result.ts';
import { buildSnapshot, compose } from '../../src/config/index.ts';
import type { Action, PolicyResource } from '../../src/contracts/decision.ts';
import type { Principal } from '../../src/contracts/principal.ts';
import type { Registration } from '../../src/contracts/registration.ts';
import type { Snapshot } from '../../src/contracts/snapshot.ts';
import type { Tool } from '../../src/contracts/target.ts';
import {
  answersOf,
  grantsOf,
  MATRIX,
  type MatrixRow,
  type MatrixTool,
  OBJECTS,
  type ObjectName,
  OTHERS_GRANT,
  SERVERS,
  TOOLS,
} from './tool-matrix.ts';

const CALLER = 'caller';

const registrations = Object.entries(SERVERS).map(
  ([id, enabled]): Registration => ({
    tenant: DEFAULT_TENANT,
    id: id as ServerId,
    title: id,
    transport: { kind: 'stdio', launch: { command: id, args: [], env: {} } },
    sharing: 'session',
    revisions: { legacy: [], modern: [] },
    capabilities: { legacy: {}, modern: {} },
    resources: null,
    limits: null,
    labels: null,
    enabled,
  }),
);

const toolOf = ({ server, name, effect, state }: MatrixTool): Tool => ({
  kind: 'tool',
  server: server as ServerId,
  name,
  qualifiedName: `${server}__${name}`,
  effect: effect ?? 'destructive',
  effectSet: effect !== null,
  state,
  needs: [],
  definition: { name, annotations: { readOnlyHint: true }, inputSchema: { type: 'object' } },
  digest: '',
  validateArguments: () => success(null),
  validateResult: null,
  paramHeaders: [],
});

function snapshot(): Snapshot {
  const settings = compose({}, 0);
  if (!settings.ok) throw new Error(settings.detail);
  const built = buildSnapshot(
    {
      tenant: DEFAULT_TENANT,
      servers: registrations,
      tools: Object.values(TOOLS).map(toolOf),
      prompts: [],
      templates: [],
      grants: [...grantsOf(CALLER), OTHERS_GRANT],
      policies: [],
      settings: settings.value.settings,
    },
    1,
  );
  if (!built.ok) throw new Error(built.detail);
  return built.value;
}

const principalOf = (row: MatrixRow): Principal => ({
  tenant: row.tenant as TenantId,
  id: CALLER as PrincipalId,
  name: 'Caller',
  roles: row.roles,
  scopes: row.scopes,
  credential: { kind: 'api_key', id: 'key' as KeyId, expiresAt: 0, methods: row.methods },
});

const resourceOf = (object: ObjectName): PolicyResource =>
  object === 'unknown'
    ? { kind: 'tool', server: 'files' as ServerId, name: 'unknown', qualifiedName: 'files__unknown', effect: 'read' }
    : toolOf(TOOLS[object]);

const current = snapshot();

function answer(row: MatrixRow, object: ObjectName): string {
  const may = (action: Action): boolean => {
    const decision = current.policy.decide(principalOf(row), action, resourceOf(object));
    return decision.ok && decision.value.effect === 'allow';
  };
  return `${may('discover') ? 'D' : '-'}${may('call') ? 'C' : '-'}`;
}

describe('who may discover and call what', () => {
  it.each(MATRIX)(
    '$caller [R2-015 partial: over the wire] [R4-13 partial: over the wire] [R0-03 partial: over the wire, breach drill]',
    (row) => {
      const expected = answersOf(row);
      expect(expected).toHaveLength(OBJECTS.length);
      const got = OBJECTS.map((object) => answer(row, object));
      expect(Object.fromEntries(OBJECTS.map((object, index) => [object, got[index]]))).toEqual(
        Object.fromEntries(OBJECTS.map((object, index) => [object, expected[index]])),
      );
    },
  );

  it('answers a hidden tool exactly like an unknown one', () => {
    const writer = MATRIX.find((row) => row.caller === 'writer') as MatrixRow;
    const unknown = current.policy.decide(principalOf(writer), 'call', resourceOf('unknown'));
    for (const object of ['pending', 'changed', 'quarantined', 'switched-off', 'own-hidden'] as const) {
      expect(current.policy.decide(principalOf(writer), 'call', resourceOf(object))).toEqual(unknown);
    }
  });

  it('covers every role alone, and says how many cells it holds', () => {
    for (const role of ['reader', 'writer', 'approver', 'auditor', 'admin', 'service', 'monitor']) {
      expect(MATRIX.some((row) => row.roles.length === 1 && row.roles[0] === role)).toBe(true);
    }
    const cells = MATRIX.length * OBJECTS.length * 2;
    console.log(`policy matrix: ${MATRIX.length} callers x ${OBJECTS.length} objects x 2 actions = ${cells} cells`);
    expect(cells).toBe(756);
  });
});
