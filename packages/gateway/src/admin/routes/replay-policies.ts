import { setImmediate as turn } from 'node:timers/promises';
import type { StoredRecord } from '../../audit/index.ts';
import type { TenantId } from '../../base/ids.ts';
import { type Result, success } from '../../base/result.ts';
import type { PolicySet } from '../../contracts/decision.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { Reason } from '../../contracts/reasons/index.ts';
import { type Compared, compareCall, type RecordedCall } from '../../policy/index.ts';
import { REPLAY_LIMITS, type ReplayReport, type ReplayRequest, replayReport, replayRequest } from '../contract/replay.ts';
import type { AdminDoors } from '../doors.ts';
import { post } from '../verb.ts';
import { type Proposal, proposalOf, targetIn } from './proposal.ts';
import { recordedCall } from './recorded-call.ts';

/** What recorded calls would be decided by policies that are proposed, and where that is not what those in force decide. Nothing is changed. */
export const replayPolicies = post({
  name: 'policies.replay',
  summary: 'Decides recorded calls by proposed policies, or a proposed configuration, and tells which would change and by which policy.',
  path: '/api/v1/reports/replay',
  params: {},
  body: replayRequest,
  query: null,
  gives: { status: 200, body: replayReport },
  action: 'policy.calls.replayed',
  run: async ({ body, principal, doors, clock }) => {
    const proposal = await proposalOf(doors, principal.tenant, body);
    if (!proposal.ok) return proposal;
    const since = body.since ?? clock.now() - USUAL_MS;
    const report = await replayed(doors, principal.tenant, { ...body, since }, proposal.value);
    if (!report.ok) return report;
    const { replayed: count, changed } = report.value;
    return success({ body: report.value, changed: { before: null, after: { replayed: count, changed } } });
  },
});

const USUAL_MS = 7 * 86_400_000;
const PAGE = 500;
/** Decisions between two turns of the event loop: calls of clients wait for no more. */
const IN_ONE_TURN = 10;

interface Tally {
  replayed: number;
  changed: number;
  skipped: number;
  readonly changes: ReplayReport['changes'][number][];
}

async function replayed(
  doors: AdminDoors,
  tenant: TenantId,
  asked: ReplayRequest,
  proposal: Proposal,
): Promise<Result<ReplayReport, Reason>> {
  const { since, until, limit } = asked;
  const tally: Tally = { replayed: 0, changed: 0, skipped: 0, changes: [] };
  let before = asked.cursor;
  for (let looked = 0; looked < REPLAY_LIMITS.records; looked += PAGE) {
    const times = { ...(since === undefined ? {} : { since }), ...(until === undefined ? {} : { until }) };
    const page = await doors.audit.query(tenant, { ...times, limit: PAGE, ...(before === undefined ? {} : { before }) });
    if (!page.ok) return page;
    for (const stored of page.value.records) {
      const judged = judge(doors, proposal, stored, tally);
      if (!judged.ok) return judged;
      if (tally.replayed >= limit) return success({ ...tally, next: stored.index > 0 ? String(stored.index) : null });
      if (tally.replayed % IN_ONE_TURN === 0) await turn();
    }
    if (page.value.next === null) return success({ ...tally, next: null });
    before = page.value.next;
  }
  return success({ ...tally, next: String(before) });
}

function judge(doors: AdminDoors, proposal: Proposal, stored: StoredRecord, tally: Tally): Result<null, Reason> {
  if (!isDecided(stored)) return success(null);
  const payload = doors.audit.open(stored);
  if (!payload.ok) return payload;
  const call = withoutRoles(recordedCall(payload.value, stored.record.time), proposal.fileRoles);
  const [inForce, proposed] = [targetIn(proposal.inForce, call), targetIn(proposal.proposed, call)];
  if (call === null || inForce === null) {
    tally.skipped += 1;
    return success(null);
  }
  const compared = compareCall(call, { set: proposal.inForce.set, target: inForce }, { set: proposal.proposed.set, target: proposed });
  tally.replayed += 1;
  if (!compared.changes) return success(null);
  tally.changed += 1;
  if (tally.changes.length < REPLAY_LIMITS.shown) tally.changes.push(changeOf(stored, payload.value, compared, proposal));
  return success(null);
}

const withoutRoles = (call: RecordedCall | null, names: ReadonlySet<string>): RecordedCall | null =>
  call === null ? null : { ...call, caller: { ...call.caller, roles: call.caller.roles.filter((role) => !names.has(role)) } };

/** A call of a client that was decided: what servers ask of clients is decided as the call that it is asked in. */
function isDecided({ record }: StoredRecord): boolean {
  if (record.decision === undefined || (record.kind !== 'intent' && record.kind !== 'refusal')) return false;
  return CALLS.has(record.method ?? '');
}

const CALLS: ReadonlySet<string> = new Set(['tools/call', 'prompts/get', 'resources/read', 'resources/subscribe', 'completion/complete']);

function changeOf(
  { record }: StoredRecord,
  payload: JsonObject | null,
  { now, would }: Compared,
  { inForce, proposed }: Proposal,
): Tally['changes'][number] {
  const inputs = payload?.['inputs'] as { readonly resource?: { readonly qualifiedName?: string } } | undefined;
  const name = payload?.['name'];
  return {
    ref: record.id,
    time: record.time,
    principal: record.principal ?? '',
    name: typeof name === 'string' ? name : null,
    target: inputs?.resource?.qualifiedName ?? '',
    recorded: record.decision?.effect ?? '',
    now: placed(now, inForce.set),
    would: placed(would, proposed.set),
  };
}

function placed({ outcome, policies }: Compared['now'], set: PolicySet): Tally['changes'][number]['now'] {
  const places = new Map(set.own.map(({ id, place }) => [id, place.file === null ? `line ${place.line}` : `${place.file}:${place.line}`]));
  return { outcome, policies: policies.map((id) => ({ id, place: places.get(id) ?? null })) };
}
