import type { ServerId, TenantId } from '../base/ids.ts';
import type { JsonObject } from './json.ts';
import type { Effect, Era } from './target.ts';

/** A program that the gateway starts: an argv array, never a shell line. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  /** Added to PATH, HOME and LANG, which are all that a child inherits. */
  readonly env: Readonly<Record<string, string>>;
  /** Written by whoever writes the configuration's file, which says what may be started. Never stored and never taken from the API. */
  readonly ofFile?: true;
}

export type Transport =
  | { readonly kind: 'stdio'; readonly launch: Launch }
  | {
      readonly kind: 'streamable-http';
      /** Absolute URL. Null when `local` starts the server and learns its port. */
      readonly url: string | null;
      readonly headers: Readonly<Record<string, string>>;
      readonly local: LocalHttp | null;
      /** The last day (YYYY-MM-DD) on which TLS 1.2 is spoken with it; absent: 1.3 alone. Given by the configuration's file only. */
      readonly tls12Until?: string;
    };

/** An HTTP server that the gateway itself starts on the loopback interface, guarded by a token that it generates. */
export interface LocalHttp {
  readonly launch: Launch;
  /** The environment variable in which the server takes its bearer token. */
  readonly tokenEnv: string;
  readonly path: string;
}

/** DESIGN section 4, "Sessions". `session` is the default; the others are opted into per server. */
export type Sharing = 'session' | 'principal' | 'shared';

/**
 * What one server, or one tool of it, is asked at most. It only tightens: the rate of a principal and the bounds of `LIMITS` hold besides. Null: no bound
 * of its own.
 */
export interface CallLimit {
  /** Requests of one principal in any 60 seconds. */
  readonly callsPerMinute: number | null;
  /** Under way at once, of everybody. */
  readonly inFlight: number | null;
  /** Under way at once, of one principal. */
  readonly inFlightPerPrincipal: number | null;
}

export interface CallLimits extends CallLimit {
  /** By the tool's name as the server has it. */
  readonly tools: Readonly<Record<string, CallLimit>>;
}

/** What an operator says of the data behind something and of where it runs, for policies. Null: nothing, or what is said of the server. */
export interface Labels {
  /** Such as `public`, `internal`, `confidential`. */
  readonly dataClass: string | null;
  /** Such as `production`. */
  readonly environment: string | null;
}

/** Those of a server, and of single things of it by the name that the server gives them. */
export interface ServerLabels extends Labels {
  readonly tools: Readonly<Record<string, Labels>>;
  readonly prompts: Readonly<Record<string, Labels>>;
  /** By `uriTemplate`; a resource has those of the template that makes it, or the server's. */
  readonly templates: Readonly<Record<string, Labels>>;
}

export interface Registration {
  readonly tenant: TenantId;
  readonly id: ServerId;
  readonly title: string;
  readonly transport: Transport;
  readonly sharing: Sharing;
  /** What the server was seen to speak when it was probed. Revisions, newest first, by era. */
  readonly revisions: Readonly<Record<Era, readonly string[]>>;
  /** The capabilities that it was seen to have, by era. */
  readonly capabilities: Readonly<Record<Era, JsonObject>>;
  /** What reading one of its resources does that no template makes, as the operator said it. Null counts as destructive. */
  readonly resources: Effect | null;
  /** Null: none of its own. */
  readonly limits: CallLimits | null;
  /** Null: none. */
  readonly labels: ServerLabels | null;
  readonly enabled: boolean;
}
