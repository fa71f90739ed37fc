import type { PublicPart } from '@sallyport/ledger';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Failure, Result } from '../base/result.ts';
import type { SecretString } from '../base/secret-string.ts';
import type { JsonObject, JsonValue } from './json.ts';
import type { Role } from './principal.ts';
import type { Reason } from './reasons/index.ts';
import type { Effect } from './target.ts';

/** How a server stands right now, for people: `ready` answers calls, the others say why not. */
export type ServerState = 'ready' | 'starting' | 'disabled' | 'failed';

export interface ServerStatus {
  readonly id: string;
  readonly transport: 'stdio' | 'streamable-http';
  readonly sharing: 'session' | 'principal' | 'shared';
  readonly state: ServerState;
  /** Tools that an allowed caller sees in lists. */
  readonly tools: number;
  /** Tools that wait for `sallyport servers approve`. */
  readonly pending: number;
  /** Tools that are pinned and left out: they need what a client or a later release gives. */
  readonly unreachable: number;
  /** Starts that failed and processes or connections that ended by themselves. */
  readonly failuresLastHour: number;
  /** `open`: it failed several times in a row and is left alone for a moment; `half-open`: the next request tries it. */
  readonly circuit: 'closed' | 'open' | 'half-open';
  /** One line for people, or null. */
  readonly note: string | null;
}

/** A setting in force that can be used against whoever runs the gateway. */
export interface Danger {
  /** Its name, as it is written where it is set. */
  readonly key: string;
  /** What it means, for people. */
  readonly told: string;
}

export interface RuntimeStatus {
  readonly version: string;
  /** Wall time in milliseconds. */
  readonly startedAt: number;
  readonly mcpUrl: string;
  readonly adminUrl: string;
  readonly dataDir: string;
  readonly snapshot: { readonly sequence: number; readonly digest: string };
  readonly journalWritable: boolean;
  readonly draining: boolean;
  readonly servers: readonly ServerStatus[];
  readonly rate: { readonly requestsPerMinute: number; readonly burst: number };
  readonly config: {
    /** As it was named at the start; null: none. */
    readonly file: string | null;
    /** The version in force, and its hash. */
    readonly version: number;
    readonly hash: string;
    /** Why the file as it is now, or the database, is not in force: a line for each mistake. */
    readonly problem: string | null;
  };
  readonly deviations: readonly { readonly key: string; readonly reason: string; readonly until: string }[];
  readonly dangers: readonly Danger[];
  /** Where the time went since the start: microseconds summed, by guard. */
  readonly guards: Readonly<Record<string, { readonly count: number; readonly denied: number; readonly us: number }>>;
  /** Open now: sessions of clients, calls, streams that listen. */
  readonly sessions: number;
  readonly inFlight: number;
  readonly listens: number;
}

/** A record as a reader of the log meets it: the public part, its place, and its payload where that could be opened. */
export interface OpenedRecord {
  readonly index: number;
  /** SHA-256, hex. */
  readonly leaf: string;
  readonly record: PublicPart;
  /** The sealed payload as JSON; null where there is none or it was erased. */
  readonly payload: JsonValue;
}

/** Servers, a client key and its grants for a data directory that has none yet. */
export interface Seed {
  /** As `POST /api/v1/servers` takes them. */
  readonly servers: readonly JsonObject[];
  readonly client: { readonly name: string; readonly roles: readonly Role[] };
  /** Tools, as `server__name`, that the client key is granted beyond its roles. */
  readonly grants: readonly string[];
  /** Files for its servers to work on, absolute. Written where there is none. */
  readonly samples?: readonly { readonly path: string; readonly text: string }[];
}

/** The key that a seed's client uses, as it stands now. */
export interface SeededClient {
  readonly name: string;
  readonly roles: readonly Role[];
  /** Tools beyond the roles, as `server__name`, with the effect that each has now. A tool that is not there has none. */
  readonly grants: readonly { readonly tool: string; readonly effect: Effect | null }[];
}

/** What only the command line may ask the machine for. */
export interface Surroundings {
  /** PATH, LANG and the folder for sockets. */
  readonly path: string;
  readonly lang: string;
  readonly runtime: string;
  readonly uid: number;
  /** This process's Node binary, and a folder from which `node_modules/.bin` is looked for upward. */
  readonly node: string;
  readonly packages: string;
}

/** `sallyport.yaml`, and what its `env:NAME` references are looked up in. */
export interface ConfigSource {
  /** Absolute. */
  readonly path: string;
  /** As the person who starts it wrote it: what messages begin with. */
  readonly name: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Which engine keeps the state and the journal. Absent everywhere: the embedded one in the data directory. */
export interface StorageChoice {
  readonly kind: 'postgres';
  /** `postgres://...`, with its password. */
  readonly url: SecretString;
}

/** Where traces go: an OTLP receiver over HTTP. */
export interface TraceTarget {
  /** Absolute, with the path of traces. */
  readonly url: string;
  readonly headers: Readonly<Record<string, SecretString>>;
  /** Of the traces that begin here, the share that is kept: 0 to 1. One that a client began is kept where its sampled flag says so. */
  readonly ratio: number;
}

/** Absent: what the command line says, or what suits where they go. */
export interface LogWanted {
  readonly level?: 'debug' | 'info' | 'warn' | 'error';
  readonly format?: 'json' | 'text';
}

export interface StartOptions {
  /** Data directory, absolute. Made with mode 0700 where it does not exist. */
  readonly data: string;
  /** The configuration file; absent or null: none, and `settings` hold. */
  readonly file?: ConfigSource | null;
  /** True: a state that somebody changed in the database is taken as it is. */
  readonly acceptChanged?: boolean;
  /** Used where the file names no other. */
  readonly storage?: StorageChoice;
  /** 0 takes any free port; null the file's, or 8080 and 8081. */
  readonly port: number | null;
  readonly adminPort: number | null;
  /** True: a taken port is no error, the next free one is used and reported. */
  readonly nextFreePort: boolean;
  /** What a first run registers, and the client key that is kept; null starts with what is there. */
  readonly seed: Seed | null;
  /** The guide's blocks as a document; `{}` is the guide's values. */
  readonly settings: JsonObject;
  readonly surroundings: Surroundings;
  readonly log: Logger;
  /** A line for people: what takes longer than a second, or is not as they wished. */
  readonly progress: (line: string) => void;
  /**
   * What the gateway stands on is gone for good while it ran. It refuses what needs it from then on; whoever started it stops it, and ends with
   * an error, so that whatever watches the process starts it anew.
   */
  readonly onLost?: (lost: Failure<Reason>) => void;
  /** Absent or null: no traces are made; the client's context goes on to servers as it came. */
  readonly traces?: TraceTarget | null;
  /** What the file wants of the lines for operators: told at the start and with each change. */
  readonly tuneLog?: (wanted: LogWanted) => void;
  /** The level that holds, whoever said it; absent: the file's. */
  readonly logLevel?: () => LogWanted['level'];
  /** The machine's, where none is given. */
  readonly clock?: Clock;
}

/** A key that somebody has to do something about: it ends within days, or it stood in a URL. */
export interface KeyNotice {
  readonly id: string;
  readonly name: string;
  /** When it stops working: wall time in milliseconds. */
  readonly endsAt: number;
  readonly disclosed: boolean;
}

export interface RunningGateway {
  readonly mcpUrl: string;
  readonly adminUrl: string;
  readonly socketPath: string;
  readonly dataDir: string;
  readonly firstRun: boolean;
  /** The demo's client key; null for `serve`. */
  readonly clientKey: SecretString | null;
  /** Whose key that is and what it may do; null for `serve`. */
  readonly client: SeededClient | null;
  /** Where the first admin key is kept, mode 0600. */
  readonly adminKeyFile: string;
  /** Keys that need somebody, as they stood at the start, the one that ends first at the top. */
  readonly keyNotices: readonly KeyNotice[];
  status(): RuntimeStatus;
  /** Every record once it is durable, in order. Returns the end of the subscription. */
  follow(onRecord: (record: OpenedRecord) => void): () => void;
  /** Drains, closes and resolves when nothing of it runs any more. */
  stop(): Promise<void>;
}

export type StartGateway = (options: StartOptions) => Promise<Result<RunningGateway, Reason>>;
