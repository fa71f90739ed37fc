import type { AuditRoom } from '../audit/index.ts';
import type { KeyId, TenantId } from '../base/ids.ts';
import type { Result } from '../base/result.ts';
import type { Grant } from '../contracts/decision.ts';
import type { JsonObject, JsonValue } from '../contracts/json.ts';
import type { Principal } from '../contracts/principal.ts';
import type { Reason } from '../contracts/reasons/index.ts';
import type { ServerLabels } from '../contracts/registration.ts';
import type { RuntimeStatus } from '../contracts/running.ts';
import type { Snapshot } from '../contracts/snapshot.ts';
import type { Effect, TargetKind } from '../contracts/target.ts';
import type { Identity, IssuedKey, Tenant, TenantRequest } from '../identity/index.ts';
import type { Grants, OwnPolicy, Policies, StoredGrant } from '../policy/index.ts';
import type { Registry } from '../registry/index.ts';

/** Who put something in force, and by what. */
export interface Authorship {
  readonly author: string;
  readonly cause: string;
}

/** As `config` keeps them: the two rooms do not import each other. */
export interface VersionFacts extends Authorship {
  readonly sequence: number;
  readonly hash: string;
  readonly parent: string | null;
  readonly createdAt: number;
}

export interface Change {
  readonly key: string;
  readonly before: JsonValue;
  readonly after: JsonValue;
}

export interface Version extends VersionFacts {
  readonly content: JsonObject;
  readonly changes: readonly Change[];
}

type Answer<T> = Promise<Result<T, Reason>>;

export interface VersionReader {
  newest(tenant: TenantId): Answer<Version | null>;
  find(tenant: TenantId, name: string): Answer<Version>;
  list(tenant: TenantId, page: { readonly before: number; readonly limit: number }): Answer<readonly VersionFacts[]>;
  differences(from: Version, to: Version): readonly Change[];
  /** The number of versions, once each was walked and storage compared with the newest. */
  verify(tenant: TenantId): Answer<number>;
}

/** What of a configuration decides about calls. */
export interface ProposedConfiguration {
  readonly policies: readonly OwnPolicy[];
  readonly grants: readonly Grant[];
  /** Roles of the file by principal. */
  readonly members: ReadonlyMap<string, readonly string[]>;
  /** Undefined: the configuration does not name the server. Of a resource: that of those which no template makes. */
  effectOf(server: string, kind: TargetKind, name: string): Effect | undefined;
  /** Labels of the servers that it names. */
  readonly labels: ReadonlyMap<string, ServerLabels | null>;
  /** Servers that would not be there, or not switched on. */
  readonly gone: ReadonlySet<string>;
}

/** What changes the configuration as a whole. Each gives the version that is in force then. */
export interface Configuring {
  reload(by: Authorship): Answer<Version>;
  revert(version: string, author: string): Answer<Version>;
  accept(by: Authorship): Answer<Version>;
  /** `sallyport.yaml:12`, where the file names the object; null where storage holds it. */
  ownerOf(kind: 'server' | 'grant' | 'account', id: string): string | null;
  /** Makes a key of an account that the file names. */
  issue(account: string, asked: { readonly expiresAt?: number }, by: Principal): Answer<IssuedKey>;
  /** What a text would mean in place of the file, with every mistake of it a line. */
  propose(text: string): Result<ProposedConfiguration, Reason>;
  /** Roles of the file that is in force, by principal. */
  members(): ReadonlyMap<string, readonly string[]>;
  /** Grants of the file. */
  grants(): readonly StoredGrant[];
}

/** Tenants beside the default one. */
export interface TenantKeeping {
  list(): Answer<readonly Tenant[]>;
  create(request: TenantRequest, by: Principal): Answer<Tenant>;
  /** Records in the tenant's own log what the operator is about to do for it. */
  note(tenant: string, action: 'identity.tenant.key_made' | 'registry.tenant.server_made', by: Principal): Answer<null>;
}

/** Everything that the routes use, built by main. */
export interface AdminDoors {
  readonly identity: Identity;
  /** Ends what a key has open (sessions, streams) once it no longer works. */
  readonly onKeyEnded: (id: KeyId) => void;
  readonly registry: Registry;
  readonly grants: Grants;
  readonly policies: Policies;
  /** The snapshot in force. */
  readonly current: (tenant: TenantId) => Snapshot;
  /** The journal and its readers. */
  readonly audit: AuditRoom;
  /** Builds, validates and swaps in a new snapshot from what is stored now. Where it fails the old one stays. */
  readonly tenants: TenantKeeping;
  readonly apply: (by?: Authorship, tenant?: TenantId) => Promise<Result<{ readonly sequence: number; readonly digest: string }, Reason>>;
  readonly versions: VersionReader;
  readonly configuring: Configuring;
  readonly status: () => RuntimeStatus;
  /** In the text format of Prometheus; null: the configuration wants none. */
  readonly metrics: () => Promise<string> | null;
}
