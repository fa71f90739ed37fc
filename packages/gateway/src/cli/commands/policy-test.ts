import { readdirSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { role } from '../../admin/index.ts';
import type { JsonObject } from '../../contracts/json.ts';
import { type CaseResult, loadPolicies, mistakeText, type PolicyTable, simulate } from '../../policy/index.ts';
import { CommandError, EXIT } from '../exit.ts';
import { readText } from '../read-text.ts';
import { sanitize } from '../render/sanitize.ts';
import type { Terminal } from '../terminal.ts';

const rule = z.union([
  z.strictObject({ argument: z.string(), below: z.string() }),
  z.strictObject({ argument: z.string(), oneOf: z.array(z.string()) }),
]);
const rules = z.array(rule).exactOptional();
const object = z.record(z.string(), z.json()) as unknown as z.ZodType<JsonObject>;

const table = z.strictObject({
  /** `.cedar` files, or folders of them, from the folder of the table. */
  policies: z.union([z.string(), z.array(z.string())]),
  tools: z.record(
    z.string().regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*__.+$/, 'a tool as server__tool'),
    z.strictObject({ effect: z.enum(['read', 'write', 'destructive']), inputSchema: object.exactOptional() }),
  ),
  principals: z.record(
    z.string(),
    z.strictObject({
      roles: z.array(role),
      scopes: z.array(z.strictObject({ server: z.string(), tool: z.string(), rules })).exactOptional(),
      methods: z.array(z.string()).exactOptional(),
    }),
  ),
  grants: z.array(z.strictObject({ principal: z.string(), tool: z.string(), rules })).default([]),
  cases: z
    .array(
      z.strictObject({
        principal: z.string(),
        tool: z.string(),
        arguments: object.exactOptional(),
        expect: z.enum(['allow', 'deny', 'hidden']),
        by: z.string().exactOptional(),
      }),
    )
    .min(1)
    .max(10_000),
});

/** Runs tables of cases against policies, without a gateway. Ends with 1 where a case is decided otherwise than it says. */
export function testPolicies(terminal: Terminal, files: readonly string[]): void {
  const failed: { readonly file: string; readonly result: CaseResult }[] = [];
  let count = 0;
  for (const file of files) {
    const results = resultsOf(file);
    count += results.length;
    failed.push(...results.filter(({ passed }) => !passed).map((result) => ({ file, result })));
  }
  if (terminal.json) terminal.printJson({ cases: count, failed: failed.map(({ file, result }) => ({ file, ...result })) });
  else for (const { file, result } of failed) terminal.print(differenceOf(file, result));
  if (failed.length > 0) throw new CommandError(EXIT.refused, `${failed.length} of ${count} cases are decided otherwise.`);
  if (!terminal.json) terminal.print(`${count} cases are decided as they say.`);
}

function differenceOf(file: string, { case: { principal, tool, arguments: given, expect, by }, got, by: decided }: CaseResult): string {
  const asked = `${sanitize(principal)} ${sanitize(tool)}${given === undefined ? '' : ` ${sanitize(JSON.stringify(given))}`}`;
  return [
    `${sanitize(file)}: ${asked}`,
    `  - expected ${expect}${by === undefined ? '' : ` by ${sanitize(by)}`}`,
    `  + got      ${got}${decided.length === 0 ? ', no policy decided' : ` by ${decided.map(sanitize).join(', ')}`}`,
  ].join('\n');
}

function resultsOf(file: string): readonly CaseResult[] {
  const { policies, ...world } = readTable(file);
  const folder = dirname(resolve(file));
  const paths = (typeof policies === 'string' ? [policies] : policies).flatMap((path) => cedarFiles(resolve(folder, path)));
  const loaded = loadPolicies(
    paths.map((path) => ({ file: relative(process.cwd(), path) || path, text: readText(path) })),
    [],
  );
  if (loaded.mistakes.length > 0) throw new CommandError(EXIT.refused, loaded.mistakes.map((one) => sanitize(mistakeText(one))).join('\n'));
  const simulated = simulate(world as PolicyTable, loaded.policies);
  if (!simulated.ok) throw new CommandError(EXIT.refused, `${sanitize(file)}: ${sanitize(simulated.detail ?? simulated.reason)}`);
  return simulated.value;
}

function readTable(file: string): z.output<typeof table> {
  const document = parseDocument(readText(file), { strict: true, uniqueKeys: true });
  const [broken] = document.errors;
  if (broken !== undefined) throw new CommandError(EXIT.usage, `${sanitize(file)}: ${sanitize(broken.message.split('\n')[0] ?? '')}`);
  const read = table.safeParse(contentIn(file, document));
  if (read.success) return read.data;
  const lines = read.error.issues.slice(0, 20).map(({ path, message }) => `\n  ${sanitize(path.join('.'))}: ${sanitize(message)}`);
  throw new CommandError(EXIT.usage, `${sanitize(file)} is no table of cases:${lines.join('')}`);
}

// An alias could make a small file a huge value: a table has none.
function contentIn(file: string, document: ReturnType<typeof parseDocument>): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch {
    throw new CommandError(EXIT.usage, `${sanitize(file)} is no table of cases: it has an alias, or is nested too deeply.`);
  }
}

function cedarFiles(path: string): readonly string[] {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return [path];
  return readdirSync(path)
    .filter((name) => name.endsWith('.cedar'))
    .sort()
    .map((name) => join(path, name));
}
