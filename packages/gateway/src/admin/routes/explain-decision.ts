import { failure, type Result, success } from '../../base/result.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { Principal } from '../../contracts/principal.ts';
import type { Reason } from '../../contracts/reasons/index.ts';
import type { Snapshot } from '../../contracts/snapshot.ts';
import type { Tool } from '../../contracts/target.ts';
import type { ListedKey } from '../../identity/index.ts';
import { outcomeOf } from '../../policy/index.ts';
import { parseStrict } from '../../protocol/index.ts';
import { decisionQuery, type Explanation, explanation } from '../contract/explanation.ts';
import { get } from '../verb.ts';

/** May this principal call this tool with these arguments, and why: decided by the snapshot in force, as a call is. Nothing is called. */
export const explainDecision = get({
  name: 'policies.explain',
  summary: 'Explains whether a principal may call a tool with given arguments, by which policy, and what would permit it.',
  path: '/api/v1/reports/decision',
  params: {},
  body: null,
  query: decisionQuery,
  gives: { status: 200, body: explanation },
  action: 'policy.decision.explained',
  run: async ({ query, principal, doors }) => {
    const keys = await doors.identity.list(principal.tenant);
    if (!keys.ok) return keys;
    const key = keys.value.findLast((one) => one.principal === query.principal && (one.state === 'live' || one.state === 'replaced'));
    if (key === undefined) return failure('identity.key_unknown');
    const snapshot = doors.current(principal.tenant);
    const tool = snapshot.tools.get(query.tool);
    if (tool === undefined) return failure('registry.tool_unknown');
    const given = readArguments(query.arguments);
    if (!given.ok) return given;
    const policy = query.at === undefined ? snapshot.policy : snapshot.policy.at(Date.parse(query.at));
    return success({ body: await explain(policy, callerOf(key), tool, given.value) });
  },
});

function readArguments(text: string): Result<JsonObject, Reason> {
  const parsed = parseStrict(Buffer.from(text));
  if (!parsed.ok) return parsed;
  const { value } = parsed.value;
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? success(value as JsonObject) : failure('policy.invalid', 'arguments are a JSON object');
}

const callerOf = ({ tenant, principal, name, roles, scopes, id, endsAt, methods, purpose }: ListedKey): Principal => ({
  tenant,
  id: principal,
  name,
  roles,
  scopes,
  credential: { kind: 'api_key', id, expiresAt: endsAt, methods, ...(purpose === null ? {} : { purpose }) },
});

async function explain(policy: Snapshot['policy'], caller: Principal, tool: Tool, given: JsonObject): Promise<Explanation> {
  const { got, by, decision, detail } = outcomeOf(policy, caller, tool, given);
  const fits = await tool.validateArguments(given);
  const outcome = got !== 'hidden' && !fits.ok ? 'invalid' : got;
  const places = new Map(
    policy.own.map(({ id, place }) => [id, place.file === null ? `line ${place.line}` : `${place.file}:${place.line}`]),
  );
  return {
    principal: caller.id,
    tool: tool.qualifiedName,
    outcome,
    policies: by.map((id) => ({ id, place: places.get(id) ?? null })),
    message: decision?.told?.message ?? null,
    because: [
      ...(outcome === 'invalid' && !fits.ok ? [`The arguments do not fit the tool: ${fits.detail ?? fits.reason}.`] : []),
      ...(detail === null ? [] : [`It could not be decided for these arguments: ${detail}.`]),
      ...becauseOf(caller, tool, got, by),
    ],
  };
}

const WRITES = { read: 'reader or writer', write: 'writer', destructive: '' } as const;

/** Each cause by itself, in the order in which they are met. */
function becauseOf(caller: Principal, tool: Tool, got: 'allow' | 'deny' | 'hidden', by: readonly string[]): readonly string[] {
  if (got === 'allow') return [`Permitted by ${by.join(', ')}.`];
  if (tool.state !== 'approved') return [`The tool is ${tool.state}: sallyport servers approve ${tool.server} ${tool.name}`];
  const causes = [
    by.includes('scope-tool') ? 'The scopes of the key do not cover it: it takes a key whose scopes do.' : null,
    by.includes('scope-method') ? 'The key has a list of methods without tools/call.' : null,
    by.includes('tenant-boundary') ? 'The principal belongs to another tenant.' : null,
  ].filter((cause) => cause !== null);
  const own = by.filter((id) => !['scope-tool', 'scope-method', 'tenant-boundary'].includes(id));
  if (own.length > 0) causes.push(`Forbidden by ${own.join(', ')}, which wins over whatever permits.`);
  if (causes.length > 0) return causes;
  if (got === 'deny')
    return ['No policy permits these arguments; others might be permitted: see the conditions of policies, grants and scopes.'];
  const grant = `a grant: sallyport grants add ${caller.id} ${tool.qualifiedName}`;
  return tool.effect === 'destructive'
    ? [`Nothing permits it. It is destructive, which no role permits: it takes ${grant}`]
    : [`Nothing permits it. It takes the role ${WRITES[tool.effect]} (its effect is ${tool.effect}), or ${grant}`];
}
