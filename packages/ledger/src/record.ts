/** What a record is about. A call that is forwarded has an intent and an outcome; everything else is one record. */
export type RecordKind =
  /** Durable before anything is forwarded. */
  | 'intent'
  /** Durable before anything is returned. `intent` names the index it closes. */
  | 'outcome'
  /** The gateway answered by itself: initialize, discover, lists. */
  | 'answer'
  | 'refusal'
  /** An attempt to prove who one is (R2-057). */
  | 'authentication'
  /** An administrative action, recorded before its effect. */
  | 'administration'
  /** Start, stop, recovery, a changed snapshot. */
  | 'system';

export interface GuardResult {
  readonly guard: string;
  readonly verdict: 'pass' | 'deny' | 'revise' | 'hold';
  /** Microseconds. */
  readonly us: number;
}

/**
 * The part of a record that every verifier sees and that the leaf commits to. It holds no name, no argument and no address: those are
 * sealed, and it carries digests of the sealed bytes and keyed digests for equality. Keys that are undefined are absent.
 */
export interface PublicPart {
  readonly v: 1;
  readonly kind: RecordKind;
  readonly tenant: string;
  /** The exchange (ULID): intent, outcome and every refusal of one call share it. */
  readonly id: string;
  /** Milliseconds since the epoch, UTC. */
  readonly time: number;
  readonly principal?: string;
  readonly credential?: string;
  /** Where it came in. */
  readonly via: 'mcp' | 'api' | 'gateway';
  readonly method?: string;
  readonly revision?: string;
  readonly server?: string;
  readonly tool?: string;
  readonly prompt?: string;
  /** The pinned template that made a resource, as the server writes it. The URI itself is sealed. */
  readonly template?: string;
  /** Digest of the pinned definition. */
  readonly pin?: string;
  readonly decision?: {
    readonly effect: 'allow' | 'deny';
    readonly policies: readonly string[];
    readonly version: string;
    /** SHA-256, hex, of what was judged, which stands in the sealed payload. */
    readonly inputs?: string;
  };
  /** Digest of the snapshot that judged it. */
  readonly snapshot?: string;
  readonly guards?: readonly GuardResult[];
  /** `ok`, `error` (the server said so), `refused`, `unknown` (no outcome is known: closed by recovery). */
  readonly status?: 'ok' | 'error' | 'refused' | 'unknown';
  /** Dotted reason, where something was refused or failed. */
  readonly reason?: string;
  /** Keyed digest (HMAC-SHA-256, hex) of the arguments' RFC 8785 form. */
  readonly argumentsDigest?: string;
  /** Keyed digest of the result as it was returned. */
  readonly resultDigest?: string;
  readonly resultBytes?: number;
  readonly durationUs?: number;
  /** For an outcome: the index of its intent. */
  readonly intent?: number;
  readonly parent?: string;
  /** How many refusals this record stands for, where they were folded. */
  readonly count?: number;
  /** What an administrative or system record did, `room.object.verb`. */
  readonly action?: string;
  /** The object of it, by id. */
  readonly object?: string;
  /** Commitment to the sealed payload stored beside the record. */
  readonly sealed?: { readonly digest: string; readonly bytes: number; readonly key: string };
}
