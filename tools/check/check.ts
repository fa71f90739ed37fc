// npm run check: format, lint, types, style and unused code. Prints findings, and one closing line with seconds.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface Check {
  readonly name: string;
  readonly argv: readonly string[];
}

interface Outcome {
  readonly name: string;
  readonly ok: boolean;
  readonly output: string;
}

const CHECKS: readonly Check[] = [
  { name: 'biome', argv: ['node_modules/@biomejs/biome/bin/biome', 'check', '--reporter=concise', '--colors=off', '--max-diagnostics=50'] },
  { name: 'types', argv: ['node_modules/typescript7/bin/tsc', '--project', '.', '--pretty', 'false'] },
  { name: 'tidy', argv: ['tools/tidy/tidy.ts'] },
  { name: 'knip', argv: ['node_modules/knip/bin/knip.js', '--no-progress', '--no-config-hints'] },
];

function run({ name, argv }: Check): Promise<Outcome> {
  return new Promise((resolve) => {
    const [script = '', ...args] = argv;
    const child = spawn(process.execPath, [join(ROOT, script), ...args], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', (error) => resolve({ name, ok: false, output: error.message }));
    child.once('close', (code) => resolve({ name, ok: code === 0, output: output.trim() }));
  });
}

const began = performance.now();
const outcomes = await Promise.all(CHECKS.map(run));
const failed = outcomes.filter((outcome) => !outcome.ok);
for (const { name, output } of failed) process.stdout.write(`${name}:\n${output}\n\n`);
const seconds = ((performance.now() - began) / 1000).toFixed(1);
const names = (failed.length > 0 ? failed : outcomes).map((outcome) => outcome.name).join(', ');
process.stdout.write(`check: ${names} ${failed.length > 0 ? 'FAILED' : 'ok'} in ${seconds} s\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
