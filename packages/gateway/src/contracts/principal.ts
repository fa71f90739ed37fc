import type { ArgumentRule } from '../base/argument-rules.ts';
import type { KeyId, PrincipalId, TenantId } from '../base/ids.ts';

/** DESIGN section 4, "Roles", and `monitor`, which reads metrics and nothing else. */
export type Role = 'reader' | 'writer' | 'approver' | 'auditor' | 'admin' | 'service' | 'monitor';

/** What one key may be used for. `*` stands for all; a key without scopes reaches nothing (R2-010). */
export interface Scope {
  readonly server: string;
  readonly tool: string;
  /** What the arguments of calls have to be; absent: any that the tool takes. */
  readonly rules?: readonly ArgumentRule[];
}

export interface Principal {
  readonly tenant: TenantId;
  /** Opaque. The journal's public part names a person only by this. */
  readonly id: PrincipalId;
  /** For people. It stands in sealed payloads only. */
  readonly name: string;
  readonly roles: readonly Role[];
  readonly scopes: readonly Scope[];
  readonly credential: Credential;
}

export interface Credential {
  readonly kind: 'api_key';
  readonly id: KeyId;
  /** Wall time in milliseconds. */
  readonly expiresAt: number;
  /** Methods that the key may use; null is all that its roles permit. */
  readonly methods: readonly string[] | null;
  /** What it was issued for, for policies. Absent: nothing in particular. No caller can say so by itself. */
  readonly purpose?: string;
}
