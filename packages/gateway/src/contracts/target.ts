import type { ServerId } from '../base/ids.ts';
import type { Result } from '../base/result.ts';
import type { JsonObject, JsonValue } from './json.ts';
import type { RegistryReason } from './reasons/registry.ts';

/** What a tool does to the world, as the operator said it. Annotations of the server are a proposal, never believed (R2-015). */
export type Effect = 'read' | 'write' | 'destructive';

/** The two eras of the protocol: with sessions up to 2025-11-25, without them from 2026-07-28. */
export type Era = 'legacy' | 'modern';

export type PinState =
  /** Offered when it was registered, or approved since. */
  | 'approved'
  /** New since: hidden until somebody approves it. */
  | 'pending'
  /** Its definition differs from the pinned one: hidden until approved (rug pull). */
  | 'changed'
  /** Its schema cannot be used (dialect, size, time to compile). */
  | 'quarantined';

/** What a tool needs that a client session, or this gateway, may not have. */
export type Need = ClientNeed | 'tasks';
export type ClientNeed = 'sampling' | 'elicitation' | 'roots';

/**
 * Success when the value fits. The failure's `detail` is meant for the client, unlike that of other failures: one short line that this
 * gateway wrote ("message: expected string"), with the path and what was expected, never a long value. Synchronous for nearly every schema
 * and value; a promise where the schema's patterns or the size of the value ask for a worker with a time limit. Never throws or rejects.
 */
export type Validator = (value: JsonValue) => Validation | Promise<Validation>;

/** `registry.arguments_invalid`, `registry.result_invalid` or, where the time ran out, `registry.validation_too_slow`. */
export type Validation = Result<null, RegistryReason>;

/** What is pinned: a definition that somebody approved. Single resources are not, they come and go; the templates that make them are. */
export type PinKind = 'tool' | 'prompt' | 'template';

export type TargetKind = PinKind | 'resource';

/** What the pins of every kind have. */
interface Pinned {
  readonly server: ServerId;
  /** As the server names it; of a template its `uriTemplate`. */
  readonly name: string;
  /** As `/mcp` and policies name it: `server__name` of tools and prompts, `server+scheme:rest` of templates. */
  readonly qualifiedName: string;
  readonly effect: Effect;
  /** Whether the operator set the effect; unset counts as destructive. */
  readonly effectSet: boolean;
  readonly state: PinState;
  readonly needs: readonly Need[];
  /** The definition as it was approved: what lists show. */
  readonly definition: JsonObject;
  /** SHA-256, hex, of the definition's RFC 8785 form. */
  readonly digest: string;
}

export interface Tool extends Pinned {
  readonly kind: 'tool';
  readonly validateArguments: Validator;
  /** Null where the tool declares no outputSchema. */
  readonly validateResult: Validator | null;
  /** Arguments that a modern HTTP server wants mirrored in `Mcp-Param-*` headers: property path to header name. */
  readonly paramHeaders: readonly { readonly path: readonly string[]; readonly header: string }[];
}

export interface Prompt extends Pinned {
  readonly kind: 'prompt';
  /** The arguments that it declares. */
  readonly argumentNames: readonly string[];
  /** Against the declared arguments: what is required is there, all are text, and nothing else is. */
  readonly validateArguments: Validator;
}

export interface ResourceTemplate extends Pinned {
  readonly kind: 'template';
  /** Its variables. */
  readonly argumentNames: readonly string[];
  /** Whether the server could have made this URI, as it names it, of the template. Linear in the URI. Never throws. */
  readonly matches: (uri: string) => boolean;
}

/** One resource. It has no pin: it is decided by its server, its URI and the template that it fits, and listed as the server lists it now. */
export interface Resource {
  readonly kind: 'resource';
  readonly server: ServerId;
  /** The URI as the server names it. */
  readonly name: string;
  readonly qualifiedName: string;
  /** The template's where one fits, else what the registration says of the server's resources. */
  readonly effect: Effect;
  /** Qualified name of the first approved template that fits. */
  readonly template: string | null;
  /** Digest of that template. */
  readonly digest: string | null;
}

/** What a request is about. */
export type Pin = Tool | Prompt | ResourceTemplate;
export type Target = Pin | Resource;
