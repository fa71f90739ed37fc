import { z } from 'zod';
import { isServerId, type TenantId } from '../base/ids.ts';
import { failure, type Result, success } from '../base/result.ts';
import type { RegistryReason } from '../contracts/reasons/registry.ts';
import type { CallLimits, Registration, ServerLabels, Transport } from '../contracts/registration.ts';
import type { Effect, PinKind } from '../contracts/target.ts';
import { labelledPins, serverLabels } from './labels-input.ts';
import { callLimits, limitedTools } from './limits-input.ts';

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/;
/** Set by the gateway for each request; a registration that named them could smuggle a second body or session. */
const OWN_HEADERS = /^(host|connection|content-length|content-type|transfer-encoding|te|trailer|upgrade|accept|mcp-.*)$/i;
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

const plain = (most: number) =>
  z
    .string()
    .max(most)
    .refine((text) => !text.includes('\0'), 'has a NUL character');
const line = (most: number) =>
  z
    .string()
    .max(most)
    .regex(/^[\t\x20-\x7e\x80-\u{10ffff}]*$/u, 'has a line break or control character');

const launch = z.strictObject({
  command: plain(4096).min(1),
  args: z.array(plain(8192)).max(100).default([]),
  env: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/), plain(8192)).default({}),
});

const headers = z
  .record(z.string().regex(HEADER_NAME), line(8192))
  .refine((all) => !Object.keys(all).some((name) => OWN_HEADERS.test(name)), 'names a header that the gateway sets itself')
  .default({});

const local = z.strictObject({
  launch,
  tokenEnv: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/),
  path: z
    .string()
    .max(1000)
    .regex(/^\/[\x21-\x7e]*$/),
});

const streamable = z
  .strictObject({
    kind: z.literal('streamable-http'),
    url: z
      .string()
      .max(2000)
      .refine(isReachable, 'must be https, or http on the loopback interface, without credentials or fragment')
      .nullable()
      .default(null),
    headers,
    local: local.nullable().default(null),
    tls12Until: z.iso.date().exactOptional(),
  })
  .refine((value) => (value.url === null) !== (value.local === null), 'needs either url or local')
  .refine(
    ({ url, tls12Until }) => tls12Until === undefined || url?.startsWith('https:') === true,
    'has tls12Until beside an https URL only',
  );

const stdio = z.strictObject({ kind: z.literal('stdio'), launch });

const effect = z.enum(['read', 'write', 'destructive']);

/** One effect for all that the server offers now, or each by name. */
const ofKind = (most: number) => z.union([effect, z.record(z.string().max(most), effect)]).default({});

/**
 * What a person gives to register a server: effects of tools by name (`effects`), of prompts by name or of all (`prompts`), of templates by
 * `uriTemplate` or of all (`templates`), and of the resources that no template makes (`resources`). What has no effect counts as destructive.
 * `digests`: the tools that somebody looked at, by name; a server that offers another definition of one is not registered (rug pull).
 */
const serverInput = z.strictObject({
  id: z.string().refine(isServerId, 'must match [a-z][a-z0-9]*(-[a-z0-9]+)* and have at most 40 characters'),
  title: line(200).min(1).optional(),
  transport: z.discriminatedUnion('kind', [stdio, streamable]),
  sharing: z.enum(['session', 'principal', 'shared']).default('session'),
  enabled: z.boolean().default(true),
  effects: z.record(z.string().max(128), effect).default({}),
  prompts: ofKind(128),
  templates: ofKind(2048),
  resources: effect.nullable().default(null),
  limits: callLimits.nullable().default(null),
  labels: serverLabels.nullable().default(null),
  digests: z.record(z.string().max(128), z.string().regex(/^[0-9a-f]{64}$/)).default({}),
});

export type ServerInput = z.input<typeof serverInput>;

export interface ParsedServer {
  readonly registration: Registration;
  /** Null where nobody gave one. */
  effectOf(kind: PinKind, name: string): Effect | null;
  /** What an effect, a limit or a label was given to by name, and under which key: the server has to offer it. */
  readonly named: readonly { readonly in: string; readonly kind: PinKind; readonly name: string }[];
  /** Digests of the tools that were looked at. */
  readonly digests: Readonly<Record<string, string>>;
}

/** Checks what was given, before anything is started. `registry.server_invalid` names the key; it never repeats a value, which may be a secret. */
export function parseServer(tenant: TenantId, input: unknown): Result<ParsedServer, RegistryReason> {
  const parsed = serverInput.safeParse(input);
  if (!parsed.success) return failure('registry.server_invalid', parsed.error.issues.slice(0, 5).map(describe).join('; '));
  const { id, title, transport, sharing, enabled, resources, limits, labels } = parsed.data;
  if (!isServerId(id)) return failure('registry.server_invalid', 'id');
  return success({
    registration: {
      tenant,
      id,
      title: title ?? id,
      transport,
      sharing,
      enabled,
      resources,
      limits,
      labels,
      revisions: { legacy: [], modern: [] },
      capabilities: { legacy: {}, modern: {} },
    },
    ...effectsOf(parsed.data),
    digests: parsed.data.digests,
  });
}

export interface ServerProblem {
  readonly path: readonly string[];
  /** For people; never the value, which may be a secret. */
  readonly message: string;
}

/** Everything that is wrong with what a person wrote, and nothing is started. */
export function checkServer(input: unknown): readonly ServerProblem[] {
  const parsed = serverInput.safeParse(input);
  return parsed.success ? [] : parsed.error.issues.map(({ path, message }) => ({ path: path.map(String), message }));
}

function effectsOf({
  effects,
  prompts,
  templates,
  limits,
  labels,
}: z.output<typeof serverInput>): Pick<ParsedServer, 'effectOf' | 'named'> {
  const given = { tool: effects, prompt: prompts, template: templates } as const;
  const names = (kind: PinKind, key: string): ParsedServer['named'] => {
    const of = given[kind];
    return typeof of === 'string' ? [] : Object.keys(of).map((name) => ({ in: key, kind, name }));
  };
  return {
    effectOf: (kind, name) => {
      const of = given[kind];
      if (typeof of === 'string') return of;
      return Object.hasOwn(of, name) ? (of[name] ?? null) : null;
    },
    named: [
      ...names('tool', 'effects'),
      ...names('prompt', 'prompts'),
      ...names('template', 'templates'),
      ...limitedTools(limits),
      ...labelledPins(labels),
    ],
  };
}

/** Limits alone, as they are set of a server that is registered. */
export function parseLimits(input: unknown): Result<CallLimits | null, RegistryReason> {
  const parsed = callLimits.nullable().safeParse(input);
  return parsed.success
    ? success(parsed.data)
    : failure('registry.server_invalid', parsed.error.issues.slice(0, 5).map(describe).join('; '));
}

/** Labels alone, as they are set of a server that is registered. */
export function parseLabels(input: unknown): Result<ServerLabels | null, RegistryReason> {
  const parsed = serverLabels.nullable().safeParse(input);
  return parsed.success
    ? success(parsed.data)
    : failure('registry.server_invalid', parsed.error.issues.slice(0, 5).map(describe).join('; '));
}

/** How a server would be reached, or null where that is not as it may be. */
export function readTransport(input: unknown): Transport | null {
  const parsed = serverInput.safeParse(input);
  return parsed.success ? parsed.data.transport : null;
}

const describe = (issue: z.core.$ZodIssue): string => {
  const keys = issue.code === 'unrecognized_keys' ? ` (${issue.keys.map((key) => key.slice(0, 40)).join(', ')})` : '';
  return `${issue.path.join('.') || 'server'}: ${issue.code === 'unrecognized_keys' ? 'unknown key' : issue.message}${keys}`;
};

function isReachable(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '' || url.hash !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.has(url.hostname));
}
