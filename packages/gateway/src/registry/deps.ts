import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Failure, Result } from '../base/result.ts';
import type { Prober } from '../contracts/prober.ts';
import type { GatewayReason } from '../contracts/reasons/gateway.ts';
import type { RegistryReason } from '../contracts/reasons/registry.ts';
import type { StorageReason } from '../contracts/reasons/storage.ts';
import type { SchemaSandbox } from './schemas/index.ts';
import type { RegistryStore } from './store.ts';

/** What the verbs of this room work with. */
export interface VerbDeps {
  readonly store: RegistryStore;
  readonly prober: Prober;
  readonly sandbox: SchemaSandbox;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A verb fails for reasons of its own, of the store, or because the server could not be asked. */
export type VerbReason = RegistryReason | StorageReason | GatewayReason;
export type Outcome<T> = Promise<Result<T, VerbReason>>;
export type Refusal = Failure<VerbReason>;

/** Starting a server and asking it takes seconds and changes nothing, so only the change itself waits for its turn. */
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>;
