import { z } from 'zod';
import { LIMITS } from '../../base/limits.ts';
import { digest, effect, tool } from './tool.ts';

export const serverId = z
  .string()
  .max(40)
  .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'lower case words of letters and digits, joined by single hyphens');

export const sharing = z.enum(['session', 'principal', 'shared']).meta({ id: 'Sharing' });

const launch = z.strictObject({
  command: z
    .string()
    .max(4096)
    .regex(/^(\/.+|[A-Za-z0-9][A-Za-z0-9@._+-]*)$/s, 'the absolute path of a program, or its name')
    .describe('Never a shell line. What may be started is listed under programs of the configuration.'),
  args: z.array(z.string().max(8192)).max(100).default([]),
  env: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string().max(32_768)).default({}),
});

const stdio = z.strictObject({ kind: z.literal('stdio'), launch });

/** A server that the gateway itself starts on the loopback interface, guarded by a token that it generates. */
const local = z.strictObject({
  launch,
  tokenEnv: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
    .max(100),
  path: z
    .string()
    .regex(/^\/[\x21-\x7e]*$/)
    .max(1000),
});

const streamableHttp = z.strictObject({
  kind: z.literal('streamable-http'),
  url: z
    .url({ protocol: /^https?$/ })
    .max(2000)
    .nullable()
    .default(null)
    .describe(
      'Without user and password: a credential goes into `headers`, where it is kept secret. Null where `local` starts the server.',
    ),
  headers: z.record(z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/), z.string().max(8192)).default({}),
  local: local.nullable().default(null),
});

const figure = (most: number) => z.int().min(1).max(most).nullable();

const limit = {
  callsPerMinute: figure(LIMITS.callsPerMinute).describe('Requests of one principal in any 60 seconds. Null: no bound of its own.'),
  inFlight: figure(LIMITS.inFlightOfServer).describe('Requests under way at once, of everybody.'),
  inFlightPerPrincipal: figure(LIMITS.inFlightPerServer).describe('Requests under way at once, of one principal.'),
};
const given = {
  callsPerMinute: limit.callsPerMinute.default(null),
  inFlight: limit.inFlight.default(null),
  inFlightPerPrincipal: limit.inFlightPerPrincipal.default(null),
};
const OF_TOOLS = 'The same for single tools, by name.';

const callLimits = z
  .strictObject({ ...given, tools: z.record(z.string().min(1).max(128), z.strictObject(given)).default({}).describe(OF_TOOLS) })
  .meta({ id: 'NewCallLimits' });

const shownLimits = z.object({ ...limit, tools: z.record(z.string(), z.object(limit)).describe(OF_TOOLS) }).meta({ id: 'CallLimits' });

const LIMITED =
  'What the server and its tools are asked at most. It only tightens: the rate of a principal holds besides. Null: none of its own.';

export const newLimits = z.strictObject({ limits: callLimits.nullable().describe(LIMITED) }).meta({ id: 'NewLimits' });

const word = z
  .string()
  .max(40)
  .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'small letters and digits, with single hyphens')
  .nullable();
const DATA = 'Of which class the data behind it is: `resource.dataClass` in policies.';
const PLACE = 'Where it runs: `resource.environment` in policies.';
const newLabel = { dataClass: word.default(null).describe(DATA), environment: word.default(null).describe(PLACE) };
const newLabelled = (most: number) => z.record(z.string().min(1).max(most), z.strictObject(newLabel)).default({});
const label = { dataClass: z.string().nullable().describe(DATA), environment: z.string().nullable().describe(PLACE) };
const labelled = z.record(z.string(), z.object(label));

const givenLabels = z
  .strictObject({ ...newLabel, tools: newLabelled(128), prompts: newLabelled(128), templates: newLabelled(2048) })
  .meta({ id: 'NewServerLabels' });
const shownLabels = z.object({ ...label, tools: labelled, prompts: labelled, templates: labelled }).meta({ id: 'ServerLabels' });

const LABELLED = 'What policies may know of the data and place of the server and of single things of it. Null: nothing.';

export const newLabels = z.strictObject({ labels: givenLabels.nullable().describe(LABELLED) }).meta({ id: 'NewLabels' });

const ofKind = (most: number) => z.union([effect, z.record(z.string().min(1).max(most), effect)]).default({});

export const newServer = z
  .strictObject({
    id: serverId,
    title: z.string().trim().min(1).max(128).optional(),
    transport: z.discriminatedUnion('kind', [stdio, streamableHttp]),
    sharing: sharing.default('session'),
    enabled: z.boolean().default(true),
    effects: z
      .record(z.string().min(1).max(256), effect)
      .default({})
      .describe('Effects by tool name. A tool that is not named counts as destructive.'),
    prompts: ofKind(256).describe('Effects of prompts by name, or one for all that are offered now.'),
    templates: ofKind(2048).describe('Effects of resource templates by uriTemplate, or one for all that are offered now.'),
    resources: effect.nullable().default(null).describe('What reading a resource does that no template makes. Null counts as destructive.'),
    limits: callLimits.nullable().default(null).describe(LIMITED),
    labels: givenLabels.nullable().default(null).describe(LABELLED),
    digests: z
      .record(z.string().min(1).max(256), digest)
      .default({})
      .describe('Digests of tools that were looked at, by name: a server that offers anything else of them now is not registered.'),
  })
  .meta({ id: 'NewServer' });

/** Values of environment variables and headers are never answered: their names are. */
const shownTransport = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('stdio'), command: z.string(), args: z.array(z.string()), env: z.array(z.string()) }),
  z.object({
    kind: z.literal('streamable-http'),
    url: z.string().nullable(),
    headers: z.array(z.string()),
    local: z.string().nullable().describe('The program that the gateway starts for it; null where it runs elsewhere.'),
  }),
]);

export const server = z
  .object({
    id: serverId,
    title: z.string(),
    transport: shownTransport,
    sharing,
    enabled: z.boolean(),
    revisions: z.object({ legacy: z.array(z.string()), modern: z.array(z.string()) }),
    toolCounts: z.object({ approved: z.int(), pending: z.int(), changed: z.int(), quarantined: z.int() }),
  })
  .meta({ id: 'Server' });

export const serverDetail = server
  .extend({
    tools: z.array(tool),
    prompts: z.array(tool),
    templates: z.array(tool),
    resources: effect.nullable().describe('What reading a resource does that no template makes.'),
    limits: shownLimits.nullable().describe(LIMITED),
    labels: shownLabels.nullable().describe(LABELLED),
  })
  .meta({ id: 'ServerDetail' });

export type CallLimits = z.infer<typeof shownLimits>;
export type ServerLabels = z.infer<typeof shownLabels>;
export type NewServer = z.infer<typeof newServer>;
export type Server = z.infer<typeof server>;
export type ServerDetail = z.infer<typeof serverDetail>;
