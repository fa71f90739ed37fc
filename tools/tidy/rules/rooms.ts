import { type Finding, type Import, type Project, product } from '../project.ts';

/** DESIGN section 3, "Who may import whom". A room imports only what stands lower. Contracts stand between base and the rest of
 * their level: every room names its reasons there. */
export const LEVELS: Readonly<Record<string, number>> = {
  base: 0,
  ledger: 0,
  contracts: 1,
  http: 2,
  storage: 2,
  protocol: 3,
  gateway: 4,
  identity: 4,
  policy: 4,
  registry: 4,
  vault: 4,
  audit: 4,
  inspection: 4,
  detection: 4,
  privacy: 4,
  compliance: 4,
  telemetry: 4,
  admin: 5,
  config: 5,
  main: 6,
  cli: 7,
};

/** Rooms whose files are imported one by one; all others only through their `index.ts`. */
const WITHOUT_DOOR = new Set(['base', 'contracts', 'main']);
/** The data plane and the control plane share a Snapshot and nothing else. */
const NEVER: readonly (readonly [string, string])[] = [['admin', 'gateway']];
const LEDGER_PACKAGE = '@sallyport/ledger';

export function roomOf(path: string): string | null {
  if (path.startsWith('packages/ledger/src/')) return 'ledger';
  return /^packages\/gateway\/src\/([^/]+?)(?:\.ts|\/)/.exec(path)?.[1] ?? null;
}

export function rooms(project: Project): readonly Finding[] {
  const findings: Finding[] = [];
  for (const source of product(project)) {
    const room = roomOf(source.path);
    if (room === null) continue;
    for (const found of source.imports) {
      const message = room in LEVELS ? judge(room, found) : `is in no room that the table of rooms knows: ${room}`;
      if (message !== null) findings.push({ file: source.path, line: found.line, rule: 'rooms', message });
    }
  }
  return findings;
}

function judge(room: string, found: Import): string | null {
  if (found.target === null) return judgePackage(room, found.specifier);
  const other = roomOf(found.target);
  if (other === null) return `${found.specifier} leaves the product's source`;
  if (other === room) return null;
  if (other === 'ledger') return `the ledger is imported as ${LEDGER_PACKAGE}`;
  if (!mayImport(room, other)) return `${room} may not import ${other}: it does not stand lower`;
  const isDoor = found.target === `packages/gateway/src/${other}/index.ts`;
  return isDoor || WITHOUT_DOOR.has(other) ? null : `${other} is entered through its index.ts, not ${found.specifier}`;
}

function judgePackage(room: string, specifier: string): string | null {
  if (room === 'ledger') return specifier.startsWith('node:') ? null : `the ledger depends on nothing, not on ${specifier}`;
  return specifier.startsWith(`${LEDGER_PACKAGE}/`) ? `the ledger is entered through ${LEDGER_PACKAGE}` : null;
}

function mayImport(room: string, other: string): boolean {
  const low = LEVELS[other];
  const high = LEVELS[room];
  if (low === undefined || high === undefined || NEVER.some(([a, b]) => a === room && b === other)) return false;
  return low < high;
}
