import { RE2JS } from 're2js';
import { z } from 'zod';
import { LIMITS } from '../../base/limits.ts';
import { isShell } from '../../base/shells.ts';
import { ALIASES, BLOCKS } from '../blocks.ts';
import { deviation } from '../read-deviations.ts';

// Each message says what is expected there: it is what a person reads who got it wrong.
const text = (most: number, expected: string) => z.string(expected).min(1, expected).max(most, expected);
const port = z.int('a port from 0 (any) to 65535').min(0, 'a port from 0 (any) to 65535').max(65_535, 'a port from 0 (any) to 65535');
const reference = text(4096, 'env:NAME or file:PATH');
const names = (what: string) => z.array(text(300, what), `a list of ${what}`).max(100, `at most 100 of ${what}`);
const block = <S extends z.ZodRawShape>(shape: S) => z.strictObject(shape, 'a block of keys');

const tls = block({
  cert: text(4096, 'the path of a PEM file').describe('The certificate with its chain, PEM. A path, from the folder of this file.'),
  key: text(4096, 'the path of a PEM file').describe('Its private key, PEM, readable by nobody else.'),
}).describe('TLS 1.3, which is the least that is spoken.');

const exception = {
  reason: z.string('why, in at least 10 characters').trim().min(10, 'why, in at least 10 characters').max(500, 'at most 500 characters'),
  until: z.iso.date('a date, YYYY-MM-DD').describe('The last day on which it holds.'),
};
const plainHttp = block(exception).describe(
  'Permits plain HTTP beyond the loopback interface. It is recorded and shown as the deviation that it is.',
);

const olderTls = block(exception).describe(
  'Permits TLS 1.2 with this server where it speaks no 1.3, with forward secrecy and authenticated encryption. It is recorded and shown as the deviation that it is.',
);
const listenerShape = {
  host: text(300, 'an address, such as 127.0.0.1 or ::').optional().describe('The address to listen on. 127.0.0.1 where nothing is said.'),
  port: port.optional(),
  names: names('hosts, such as mcp.example.com').optional().describe('Hosts by which it is reached from outside: NAME or NAME:PORT.'),
  origins: names('web origins, such as https://inspector.example').optional().describe('Web origins that may call it.'),
  tls: tls.optional(),
  plain_http: plainHttp.optional(),
};
const listener = block(listenerShape);
const adminListener = block({
  ...listenerShape,
  socket: text(100, 'an absolute path of at most 100 characters')
    .optional()
    .describe(
      'Where the socket for administration stands; its folder is readable by nobody else. In the data directory where nothing is said.',
    ),
});

const values = (most: number) => z.record(z.string(), text(most, 'text, env:NAME or file:PATH'), 'a block of names and values');
const launch = {
  command: text(4096, 'the program to start').describe('A program, never a shell line.'),
  args: z.array(z.string('text').max(8192, 'at most 8192 characters'), 'a list of texts').max(100, 'at most 100').optional(),
  env: values(8192)
    .optional()
    .describe('Added to PATH, HOME and LANG, which are all that the program gets. Secrets as env:NAME or file:PATH.'),
};

const effect = z.enum(['read', 'write', 'destructive'], 'read, write or destructive');
const effects = z.record(z.string().max(2048), effect, 'a block of names and effects');
/** One for all, or each by name. */
const effectsOf = z.union([effect, effects], 'read, write or destructive for all, or a block of names and effects').optional();

function isPattern(pattern: string): boolean {
  try {
    RE2JS.compile(pattern);
    return true;
  } catch {
    return false;
  }
}

const whole = (most: number) => {
  const expected = `a whole number from 1 to ${most}`;
  return z.int(expected).min(1, expected).max(most, expected).optional();
};
const limit = {
  calls_per_minute: whole(LIMITS.callsPerMinute).describe('Requests of one principal in any 60 seconds.'),
  in_flight: whole(LIMITS.inFlightOfServer).describe('Requests under way at once, of everybody.'),
  in_flight_per_principal: whole(LIMITS.inFlightPerServer).describe('Requests under way at once, of one principal.'),
};
const limits = block({
  ...limit,
  tools: z
    .record(z.string().max(128), block(limit), 'a block of tools and their limits')
    .optional()
    .describe('The same for single tools, by name. They hold besides those of the server.'),
});

const word = z
  .string()
  .max(40)
  .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'a word of small letters and digits, with single hyphens')
  .optional();
const label = {
  data_class: word.describe(
    'Of which class the data behind it is, such as public, internal or confidential: resource.dataClass in policies.',
  ),
  environment: word.describe('Where it runs, such as production: resource.environment in policies.'),
};
const labelled = (most: number, what: string) =>
  z.record(z.string().max(most), block(label), `a block of ${what} and their labels`).optional();
const labels = block({
  ...label,
  tools: labelled(128, 'tools').describe('The same for single tools, by name; what is not said of one is what is said of the server.'),
  prompts: labelled(128, 'prompts').describe('The same for prompts.'),
  templates: labelled(2048, 'templates').describe('The same for resource templates, by uriTemplate, and the resources that they make.'),
});

const SERVER = 'a server with command, url or local';
const server = z
  .strictObject(
    {
      title: text(200, 'a title').optional(),
      command: launch.command.optional(),
      args: launch.args,
      env: launch.env,
      url: text(2000, 'https://... or http:// on the loopback interface')
        .optional()
        .describe('A server that runs elsewhere, over Streamable HTTP.'),
      headers: values(8192).optional().describe('Sent with every request. Secrets as env:NAME, file:PATH or Bearer env:NAME.'),
      tls_1_2: olderTls.optional(),
      local: block({
        ...launch,
        token_env: text(100, 'a variable').describe('The variable in which the program takes its bearer token, which the gateway makes.'),
        path: text(1000, 'a path, such as /mcp'),
      })
        .optional()
        .describe('An HTTP server that the gateway starts on the loopback interface.'),
      sharing: z.enum(['session', 'principal', 'shared'], 'session, principal or shared').optional(),
      enabled: z.boolean('true or false').optional(),
      effects: effects
        .optional()
        .describe('What each tool does to the world: read, write or destructive. A tool that is not named counts as destructive.'),
      prompts: effectsOf.describe('The same for prompts: one effect for all, or each by name.'),
      templates: effectsOf.describe('The same for resource templates, by uriTemplate.'),
      resources: effect.optional().describe('The same for resources that no template makes.'),
      limits: limits
        .optional()
        .describe('What this server is asked at most. It only tightens: `rate_limiting` holds besides, so no deviation is needed.'),
      labels: labels.optional().describe('What policies may know of its data and place. No server says this of itself.'),
    },
    SERVER,
  )
  .refine(
    (one) => [one.command, one.url, one.local].filter((way) => way !== undefined).length === 1,
    'exactly one of command, url and local',
  )
  .refine((one) => one.command !== undefined || (one.args === undefined && one.env === undefined), 'args and env beside command only')
  .refine((one) => one.url !== undefined || one.headers === undefined, 'headers beside url only')
  .refine((one) => one.tls_1_2 === undefined || one.url?.startsWith('https:') === true, 'tls_1_2 beside an https url only');

const telemetry = block({
  otlp: block({
    endpoint: text(2000, 'http://HOST:PORT or https://HOST:PORT, with the path of traces').describe(
      'The receiver of traces, OTLP over HTTP: http://HOST:4318/v1/traces.',
    ),
    headers: values(8192).optional().describe('Sent with every batch. Secrets as env:NAME, file:PATH or Bearer env:NAME.'),
    ratio: z
      .number('a number from 0 to 1')
      .min(0, 'a number from 0 to 1')
      .max(1, 'a number from 0 to 1')
      .default(1)
      .describe('Of the traces that begin here, the share that is kept.'),
  })
    .optional()
    .describe('Goes before OTEL_EXPORTER_OTLP_* of the environment. A change takes a restart.'),
  log: block({
    level: z.enum(['debug', 'info', 'warn', 'error'], 'debug, info, warn or error').optional(),
    format: z.enum(['json', 'text'], 'json or text').optional(),
  })
    .optional()
    .describe('Lines for operators on stderr, unless --log-level and --log-format say otherwise.'),
  metrics: z.boolean('true or false').default(true).describe('Whether the admin listener answers /metrics. True where nothing is said.'),
});
const RULE = 'a rule: {argument, below} or {argument, one_of}';
const rule = z.union(
  [
    z.strictObject({ argument: z.string(RULE), below: z.string(RULE) }),
    z.strictObject({ argument: z.string(RULE), one_of: z.array(z.string(RULE), RULE) }),
  ],
  RULE,
);
const rules = z
  .array(rule, 'a list of rules')
  .optional()
  .describe(
    'What arguments of a call have to be: a path below another, or one of some texts. All of them hold. Without any: whatever the tool takes.',
  );
const principal = text(200, 'a principal, as `sallyport keys list` prints it, or the name of an account of this file');
const toolName = z
  .string('SERVER__TOOL')
  .regex(/^[a-z0-9-]+__.+$/, 'SERVER__TOOL')
  .max(300, 'SERVER__TOOL');
const rolesOf = <R extends string>(names: readonly [R, ...R[]]) =>
  z.array(z.enum(names, names.join(', ')), `a list of ${names.join(', ')}`);
const account = {
  about: text(500, 'what it is for').optional(),
  purpose: word.describe('What its keys are issued for, in a word: principal.purpose in policies.'),
  scopes: z
    .array(z.string('SERVER/TOOL').regex(/^(\*|[a-z][a-z0-9-]*)\/.+$/, 'SERVER/TOOL, with * for all'), 'a list of SERVER/TOOL')
    .min(1, 'at least one: without any it reaches nothing')
    .max(100, 'at most 100')
    .describe('What its keys reach: SERVER/TOOL, with * for all.'),
  methods: z.array(text(128, 'an MCP method'), 'a list of MCP methods').min(1, 'at least one').max(100, 'at most 100').optional(),
  networks: z
    .array(text(64, 'a network, such as 10.0.0.0/8'), 'a list of networks')
    .min(1, 'at least one')
    .max(100, 'at most 100')
    .optional()
    .describe('From where its keys may be used. From anywhere where nothing is said.'),
  tools: z
    .array(z.union([toolName, block({ tool: toolName, rules })], 'SERVER__TOOL, or {tool, rules}'), 'a list of tools')
    .max(100, 'at most 100')
    .optional()
    .describe('Tools that are granted to it by name.'),
};
const client = block({
  ...account,
  roles: rolesOf(['reader', 'writer', 'approver', 'auditor', 'admin', 'monitor']).min(1, 'at least one role'),
  until: z.iso.date('a date, YYYY-MM-DD').optional().describe('The last day on which its keys work.'),
});
const serviceAccount = block({
  ...account,
  owner: text(100, 'a person or a team').describe('Who answers for it: a team, or the principal of a person with a key that works.'),
  until: z.iso.date('a date, YYYY-MM-DD').describe('The last day on which its keys work.'),
  roles: rolesOf(['reader', 'writer', 'monitor']).optional().describe('Beside `service`, which it has.'),
});
const grant = block({ principal, tool: toolName, rules });
const upTo = z.enum(['read', 'write'], 'read or write; a destructive tool is named in tools');
const shareOf = (what: string) => z.number(what).gt(0, what).max(1, what);
const staged = block({
  window_seconds: z
    .int('whole seconds from 5 to 3600')
    .min(5, 'whole seconds from 5 to 3600')
    .max(3600, 'whole seconds from 5 to 3600')
    .default(60)
    .describe('How long a changed file is watched, and how long before it the calls are that it is compared with.'),
  error_rate: shareOf('a share above 0, at most 1')
    .default(0.2)
    .describe('By how much the share of failed calls may rise: 0.2 is from 5 of 100 to 25 of 100.'),
  denial_rate: shareOf('a share above 0, at most 1')
    .optional()
    .describe('The same for refusals by policy. Without it they are not counted: a file that permits less is mostly meant to.'),
  least_calls: z.int('a whole number from 1').min(1, 'a whole number from 1').default(20).describe('Fewer calls say nothing.'),
});
const role = block({
  about: text(500, 'what it is for').optional(),
  members: z
    .array(principal, 'a list of principals')
    .max(1000, 'at most 1000')
    .optional()
    .describe('Who has it: principals as `sallyport keys list` prints them, or accounts of this file by name.'),
  effects: z
    .record(z.string(), upTo, 'a block of servers, each with read or write')
    .optional()
    .describe('Up to which effect its members may use a server, by id; * for all.'),
  tools: z
    .array(z.union([toolName, block({ tool: toolName, rules })], 'SERVER__TOOL, or {tool, rules}'), 'a list of tools')
    .max(100, 'at most 100')
    .optional()
    .describe('Tools that its members may call by name, whatever their effect: the only way to a destructive one.'),
});

const PATTERN = 'an RE2 pattern';
const program = block({
  program: text(4096, 'an absolute path')
    .refine(
      (path) => path.startsWith('/') && !isShell(path),
      'an absolute path, and no shell or other program that starts what its arguments name',
    )
    .describe('Its absolute path. Links are followed. A shell cannot be listed: it is never started.'),
  args: z
    .array(text(1000, PATTERN).refine(isPattern, PATTERN), 'a list of patterns')
    .max(100, 'at most 100')
    .default([])
    .describe('RE2 patterns. Each argument must be matched, as a whole, by one of them; without any it takes no argument.'),
  env: z
    .array(text(100, 'a variable').regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a variable'), 'a list of variables')
    .max(100, 'at most 100')
    .default([])
    .describe('Variables that a registration may set for it.'),
});

/** What `sallyport.yaml` may hold beside the blocks of the guide. */
const parts = {
  $schema: z.string().optional().describe('For editors; ignored.'),
  listeners: block({
    gateway: listener.optional().describe('For clients. Port 8080 where nothing is said.'),
    admin: adminListener.optional().describe('For administration. Port 8081 where nothing is said.'),
  }).optional(),
  tls: tls.optional().describe('For both listeners, unless one has its own.'),
  trusted_proxies: z
    .array(text(100, 'an address or network, such as 10.0.0.0/8'), 'a list of addresses and networks')
    .max(100, 'at most 100')
    .optional()
    .describe('Peers whose X-Forwarded-For is believed. It is never read from any other.'),
  storage: block({
    postgres: reference.describe('postgres://..., as env:NAME or file:PATH since it holds a password.'),
  })
    .optional()
    .describe('PostgreSQL for state and journal. The encrypted store in the data directory where nothing is said.'),
  servers: z
    .record(z.string(), server, 'a block of servers by id')
    .optional()
    .describe('Servers by id: lower case words of letters and digits, joined by single hyphens.'),
  programs: z
    .array(program, 'a list of programs')
    .max(100, 'at most 100')
    .optional()
    .describe(
      'What may be started as a server that is registered through the API; servers of this file may be started by being in it. Where nothing is said: bins of packages installed with the gateway, node and python with a script, npx and uvx with a package.',
    ),
  grants: z
    .array(grant, 'a list of grants')
    .max(1000, 'at most 1000')
    .optional()
    .describe('One tool for one principal: the only way to a destructive one.'),
  telemetry: telemetry.optional(),
  clients: z
    .record(z.string(), client, 'a block of clients by name')
    .optional()
    .describe('Who holds keys, by name. A key is made with `sallyport keys create NAME`; its text never stands here.'),
  service_accounts: z
    .record(z.string(), serviceAccount, 'a block of service accounts by name')
    .optional()
    .describe('Programs that hold keys, by name, each with an owner and an end. They may what is granted to them by name.'),
  roles: z
    .record(z.string(), role, 'a block of roles by name')
    .optional()
    .describe(
      'Roles beside those that ship, by name. They permit calls and no administration; a service account has only what they name in tools.',
    ),
  policies: z
    .union([text(4096, 'a folder'), z.array(text(4096, 'a folder'))], 'a folder, or a list of folders')
    .optional()
    .describe('Folders of .cedar files, from the folder of this file.'),
  staged_apply: staged
    .optional()
    .describe('Watches a changed file after it was put in force, and takes it back where calls fail. Not watched where nothing is said.'),
  policy_tests: z
    .union([text(4096, 'a table or a folder'), z.array(text(4096, 'a table or a folder'))], 'a table, a folder, or a list of them')
    .optional()
    .describe(
      'Tables of cases, as `sallyport policy test` reads them, or folders of them. Where a case is decided otherwise nothing is put in force.',
    ),
} as const;

export const PARTS: Readonly<Record<string, z.ZodType>> = parts;
export const SERVER_SHAPE: z.ZodType<z.output<typeof server>> = server;

export const fileParts = z.strictObject(parts);
export type FileParts = z.output<typeof fileParts>;
export type FileServer = NonNullable<FileParts['servers']>[string];
export type FileTelemetry = z.output<typeof telemetry>;
export type FileRule = z.output<typeof rule>;
export type FileListener = NonNullable<NonNullable<FileParts['listeners']>['admin']>;

export const PART_NAMES: readonly string[] = Object.keys(parts);

const blockSchema = (name: string): z.ZodType =>
  z
    .strictObject(
      Object.fromEntries(
        Object.entries(BLOCKS[name] ?? {}).map(([key, rule]) => [key, rule.form.optional().describe(`${rule.about} ${rule.expected}.`)]),
      ),
    )
    .optional();

/** The whole file, for editors and for the reference: the same shapes that the file is read by. */
export const wholeFile: z.ZodType = z
  .strictObject({
    ...parts,
    ...Object.fromEntries(Object.keys(BLOCKS).map((name) => [name, blockSchema(name)])),
    ...Object.fromEntries(Object.entries(ALIASES).map(([alias, name]) => [alias, blockSchema(name)])),
    deviations: z.array(deviation).max(100).optional().describe('Values weaker than the guide, each with its reason and its end.'),
  })
  .describe('sallyport.yaml, the configuration of a Sallyport gateway');
