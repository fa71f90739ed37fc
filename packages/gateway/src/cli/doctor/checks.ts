import { sanitize } from '../render/sanitize.ts';
import { relative } from '../render/time.ts';
import type { Facts, GatewayFacts } from './facts.ts';
import { missedRelease, NODE_SECURITY_READ, NODE_SECURITY_SOURCE } from './node-releases.ts';

/** Worst first. `broken`: it does not work now. `danger`: it can be used against you. `soon`: it will break by itself. `note`: know it. */
export const GRAVITIES = ['broken', 'danger', 'soon', 'note'] as const;
export type Gravity = (typeof GRAVITIES)[number];

export interface Finding {
  readonly check: string;
  readonly gravity: Gravity;
  /** What is wrong and what it means. */
  readonly what: string;
  /** One command that mends it, or begins to. */
  readonly mend: string;
}

interface Check {
  readonly name: string;
  readonly gravity: Gravity;
  readonly look: (facts: Facts) => readonly Said[];
}

type Said = readonly [what: string, mend: string];

const DAY_MS = 86_400_000;
const SOON_MS = 14 * DAY_MS;
const CLOCK_MS = 5_000;
/** A server that fails so often in an hour is not merely restarted now and then. */
const OFTEN = 5;

const check = (name: string, gravity: Gravity, look: (facts: Facts) => readonly Said[]): Check => ({ name, gravity, look });
const ofGateway = (name: string, gravity: Gravity, look: (gateway: GatewayFacts, facts: Facts) => readonly Said[]): Check =>
  check(name, gravity, (facts) => (facts.gateway === null ? [] : look(facts.gateway, facts)));
const when = (is: boolean, what: string, mend: string): readonly Said[] => (is ? [[what, mend]] : []);

/** Everything that is looked at. Each row has a test that makes the fault happen. */
export const CHECKS: readonly Check[] = [
  check('gateway.unreachable', 'broken', ({ unasked, start }) =>
    unasked === null || cannotRecord(unasked)
      ? []
      : [[`The gateway cannot be asked, so only this machine was looked at: ${unasked.message}`, start]],
  ),
  // A gateway that cannot record answers nobody, doctor included.
  check('audit.journal', 'broken', ({ unasked, gateway, data }) =>
    when(
      cannotRecord(unasked) || gateway?.status.journalWritable === false,
      'The journal cannot be written, so every call is refused. It goes on by itself once there is room.',
      `df -h ${shell(data.path)}`,
    ),
  ),
  ofGateway('registry.server_failed', 'broken', ({ status }) =>
    status.servers
      .filter(({ state, circuit }) => state === 'failed' || circuit === 'open')
      .map(({ id, note }) => [
        `The server ${id} does not answer: ${sanitize(note ?? 'no reason is known')}`,
        `sallyport servers refresh ${id}`,
      ]),
  ),
  ofGateway('config.not_applied', 'broken', ({ status }) =>
    (status.config.problem ?? '')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => [`What is in force is not what was approved last: ${sanitize(line)}`, mendOf(line)]),
  ),
  check('storage.readable_by_others', 'danger', ({ data }) =>
    when(
      data.open.length > 0,
      `Others can reach ${data.open.length === 1 ? shell(data.open[0] ?? '') : `${data.open.length} files of ${shell(data.path)}, such as ${shell(data.open[0] ?? '')}`}: keys and records stand there.`,
      `chmod -R go-rwx ${shell(data.path)}`,
    ),
  ),
  ofGateway('identity.key_disclosed', 'danger', ({ status }, { now }) =>
    status.keysDisclosed.map(({ id, name, disclosedAt }) => [
      `The key ${sanitize(name)} stood in a URL ${relative(disclosedAt, now)}, where others can read it, and still works.`,
      `sallyport keys rotate ${id} --overlap 0`,
    ]),
  ),
  check('runtime.node', 'danger', ({ node }) => {
    const missed = missedRelease(node);
    return missed === null
      ? []
      : [
          [
            `Node ${node.replace(/^v/, '')} is older than its security release ${missed.version} of ${missed.date} (${NODE_SECURITY_SOURCE}, read ${NODE_SECURITY_READ}). A fitting Node of the system is preferred to the one that was brought along.`,
            `nvm install ${missed.version} (or your system's way to the same)`,
          ],
        ];
  }),
  ofGateway('config.dangerous_setting', 'danger', ({ status }) =>
    status.dangers.map(({ key, told }) => [`${sanitize(key)}: ${sanitize(told)}.`, 'sallyport check --explain']),
  ),
  ofGateway('http.certificate', 'soon', ({ certificateEndsAt, status }, { now }) =>
    when(
      certificateEndsAt !== null && certificateEndsAt - now < SOON_MS,
      `The certificate of ${status.mcpUrl} ${(certificateEndsAt ?? 0) < now ? 'ended' : 'ends'} ${relative(certificateEndsAt, now)}. Put a new one in its place: it is taken without a restart.`,
      'sallyport check',
    ),
  ),
  ofGateway('registry.server_restarts', 'soon', ({ status }) =>
    status.servers
      .filter(({ state, circuit, failuresLastHour }) => state !== 'failed' && circuit !== 'open' && failuresLastHour >= OFTEN)
      .map(({ id, failuresLastHour }) => [
        `The server ${id} ended or failed to start ${failuresLastHour} times within an hour.`,
        `sallyport servers show ${id}`,
      ]),
  ),
  ofGateway('identity.key_ends', 'soon', ({ status }, { now }) =>
    status.keysEnding.map(({ id, name, expiresAt }) => [
      `The key ${sanitize(name)} ends ${relative(expiresAt, now)}, and then nobody is let in with it.`,
      `sallyport keys rotate ${id}`,
    ]),
  ),
  ofGateway('clock.differs', 'soon', ({ status, latestRecordAt }, { now }) => {
    const ahead = status.now - now;
    if (Math.abs(ahead) > CLOCK_MS)
      return [
        [
          `The gateway's clock is ${relative(now + Math.abs(ahead), now).replace('in ', '')} ${ahead > 0 ? 'ahead of' : 'behind'} this one: ends of keys and times of records are wrong by that.`,
          'timedatectl set-ntp true',
        ],
      ];
    return when(
      latestRecordAt !== null && latestRecordAt - status.now > CLOCK_MS,
      `A record is from ${relative(latestRecordAt, status.now).replace('in ', '')} in the future: the gateway's clock was turned back.`,
      'timedatectl set-ntp true',
    );
  }),
  ofGateway('identity.role', 'note', ({ keys }) => {
    const held = new Set(keys.filter(({ state }) => state === 'live' || state === 'replaced').flatMap(({ roles }) => roles));
    return [
      ...when(
        !['reader', 'writer', 'service'].some((role) => held.has(role as 'reader')),
        'No key is a reader, a writer or a service: no client can call a tool.',
        "sallyport keys create NAME --role reader --scope '*/*'",
      ),
      ...when(
        !held.has('auditor'),
        'No key is an auditor: nobody but administrators reads the log.',
        "sallyport keys create NAME --role auditor --scope '*/*'",
      ),
    ];
  }),
  ofGateway('registry.tools_waiting', 'note', ({ status }) =>
    status.servers
      .filter(({ pending, state }) => pending > 0 && state !== 'disabled')
      .map(({ id, pending }) => [
        `${pending} of the tools of ${id} are new or changed since they were approved, and hidden until somebody looks.`,
        `sallyport servers show ${id}`,
      ]),
  ),
  ofGateway('config.deviation', 'note', ({ status }) =>
    status.deviations.map(({ key, reason, until }) => [
      `${sanitize(key)} is weaker than the guide asks until ${until}: ${sanitize(reason)}`,
      'sallyport check --explain',
    ]),
  ),
];

const mendOf = (problem: string): string => (problem.startsWith('changed in the database') ? 'sallyport config verify' : 'sallyport check');

const cannotRecord = (unasked: Facts['unasked']): boolean => unasked?.reason?.startsWith('audit.') ?? false;

const shell = (path: string): string => (/^[A-Za-z0-9_./-]+$/.test(path) ? path : `'${sanitize(path).replaceAll("'", `'\\''`)}'`);

/** Worst first, and in the order of the table among equals. Nothing where nothing is wrong. */
export function findingsOf(facts: Facts): readonly Finding[] {
  const found = CHECKS.flatMap(({ name, gravity, look }) => look(facts).map(([what, mend]) => ({ check: name, gravity, what, mend })));
  return GRAVITIES.flatMap((gravity) => found.filter((finding) => finding.gravity === gravity));
}

/** What this release cannot do yet and a person should know, and what could not be looked at. No fault of the machine. */
export function limitsOf({ gateway, near }: Facts): readonly string[] {
  const stdio = gateway?.servers.filter(({ transport }) => transport.kind === 'stdio' || transport.local !== null) ?? [];
  return [
    ...(stdio.length > 0
      ? [
          `No sandbox yet: ${stdio.map(({ id }) => id).join(', ')} run${stdio.length === 1 ? 's' : ''} as the user of the gateway and may do what that user may.`,
        ]
      : []),
    'No backups and no witness of the journal yet: copy the data directory while the gateway is stopped.',
    near
      ? 'Not checked: whether the clock is right. The gateway runs on this machine, so its clock is this one.'
      : 'Not checked: whether this clock is right. It was compared with the gateway only.',
  ];
}
