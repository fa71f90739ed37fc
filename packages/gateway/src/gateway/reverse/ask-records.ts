import type { PublicPart } from '@sallyport/ledger';
import type { JournalEntry } from '../../contracts/journal.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { Deny } from '../../contracts/verdict.ts';
import type { CallStream } from '../downstream/call-stream.ts';
import { digestOfInputs, type Keyed } from '../judged.ts';
import type { Asking } from './asking.ts';

type Public = Omit<PublicPart, 'sealed'>;

/** Who was to be asked, by whom, for what. */
const about = ({ snapshot, session, id, server, ask }: Asking, time: number) => ({
  v: 1 as const,
  tenant: snapshot.tenant,
  id,
  time,
  via: 'mcp' as const,
  principal: session.principalId,
  credential: session.principal.credential.id,
  method: ask.method.slice(0, 128),
  revision: session.revision,
  server,
  ...(ask.origin === null ? {} : targetOf(ask.origin)),
  snapshot: snapshot.digest,
});

const targetOf = ({ exchange, target }: CallStream): Pick<Public, 'tool' | 'pin' | 'parent'> => ({
  parent: exchange,
  ...(target.kind === 'tool' ? { tool: target.name } : {}),
  ...(target.digest === null ? {} : { pin: target.digest }),
});

const decisionIn = ({ judged, snapshot }: Asking, keyed: Keyed): Pick<Public, 'decision'> =>
  judged === null
    ? {}
    : {
        decision: {
          effect: judged.decision.effect,
          policies: judged.decision.policies,
          version: judged.decision.version,
          inputs: digestOfInputs(judged, snapshot.tenant, keyed),
        },
      };

const secretOf = ({ session, judged }: Asking, more: JsonObject): Uint8Array =>
  Buffer.from(
    JSON.stringify({
      name: session.principal.name,
      client: session.clientInfo,
      ...(judged === null ? {} : { inputs: judged.inputs }),
      ...more,
    }),
  );

/** Durable before the client is asked: what goes to it stands sealed in the record, whole. */
export function askIntent(asking: Asking, now: number, keyed: Keyed): JournalEntry {
  const params = asking.asked?.params ?? {};
  return {
    record: {
      ...about(asking, now),
      kind: 'intent',
      guards: asking.trace,
      ...decisionIn(asking, keyed),
      argumentsDigest: keyed(asking.snapshot.tenant, JSON.stringify(params)),
    },
    secret: secretOf(asking, { arguments: params }),
  };
}

export function askRefusal(asking: Asking, denied: Deny, now: number, keyed: Keyed): JournalEntry {
  return {
    record: {
      ...about(asking, now),
      kind: 'refusal',
      guards: asking.trace,
      ...decisionIn(asking, keyed),
      status: 'refused',
      reason: denied.reason,
    },
    secret: secretOf(asking, denied.detail === undefined ? {} : { detail: denied.detail.slice(0, 1000) }),
  };
}

export interface AskOutcome {
  readonly status: 'ok' | 'error' | 'refused';
  readonly reason?: string;
  /** What goes back to the server, as JSON text. */
  readonly text?: string;
  readonly detail?: string;
}

/** Durable before the server reads the answer. */
export function askOutcome(
  asking: Asking,
  intent: number,
  outcome: AskOutcome,
  { now, durationUs, keyed }: { readonly now: number; readonly durationUs: number; readonly keyed: Keyed },
): JournalEntry {
  const { text, detail, reason, status } = outcome;
  return {
    record: {
      ...about(asking, now),
      kind: 'outcome',
      intent,
      status,
      durationUs,
      ...(reason === undefined ? {} : { reason }),
      ...(text === undefined ? {} : { resultDigest: keyed(asking.snapshot.tenant, text), resultBytes: Buffer.byteLength(text) }),
    },
    secret: detail === undefined ? null : Buffer.from(JSON.stringify({ detail: detail.slice(0, 1000) })),
  };
}
