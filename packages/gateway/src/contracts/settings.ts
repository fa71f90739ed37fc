/** A setting weaker than the guide's value, named by the operator (DESIGN section 2, point 6). */
export interface Deviation {
  readonly key: string;
  readonly value: string | number | boolean | readonly string[];
  readonly reason: string;
  /** ISO date (YYYY-MM-DD) after which it no longer holds. */
  readonly until: string;
}

/** What the guide's blocks come to once defaults, values and deviations are composed. */
export interface Settings {
  readonly rate: {
    readonly requestsPerMinute: number;
    readonly burst: number;
    readonly addressRequestsPerMinute: number;
    readonly addressBurst: number;
    readonly byAddress: boolean;
    readonly byPrincipal: boolean;
    readonly progressiveDelays: boolean;
  };
  readonly input: {
    readonly maxPayloadBytes: number;
    readonly allowedContentTypes: readonly string[];
  };
  readonly keys: { readonly maxAgeDays: number };
  readonly deviations: readonly Deviation[];
}
