import type { Result } from '../base/result.ts';
import type { JsonObject } from './json.ts';
import type { GatewayReason } from './reasons/gateway.ts';
import type { Registration } from './registration.ts';
import type { ClientNeed, Era } from './target.ts';

/** What a server offers, as it was probed under no client capabilities and under all of them. */
export interface Offer {
  readonly revisions: Readonly<Record<Era, readonly string[]>>;
  readonly serverInfo: JsonObject;
  /** What it said it can do, by era; `{}` where it does not speak the era. Untrusted, and bounded. */
  readonly capabilities: Readonly<Record<Era, JsonObject>>;
  /** The union over both probes. */
  readonly tools: readonly Offered[];
  readonly prompts: readonly Offered[];
  readonly templates: readonly Offered[];
}

/** `needsCapability`: seen only under client capabilities. `takes`: the one of them that is enough to see it; absent where none alone is, or nobody looked. */
export interface Offered {
  readonly definition: JsonObject;
  readonly needsCapability: boolean;
  readonly takes?: ClientNeed;
}

export interface Prober {
  probe(server: Registration): Promise<Result<Offer, GatewayReason>>;
}
