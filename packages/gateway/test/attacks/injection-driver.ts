import { chmodSync, existsSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ProgramList } from '../../src/contracts/programs.ts';
import { launch } from '../../src/gateway/upstream/launch.ts';
import { openBench } from '../fixtures/upstreams.ts';
import { corpus } from './injection-corpus.ts';

/**
 * Launches every attempt of the corpus as the gateway launches servers, in a process of its own so that it can be traced, and prints what became of each as
 * JSON. Argument 1: a folder, in which `bin` records whatever is started from PATH and `mark` is what the payloads try to make.
 */
const [folder = ''] = process.argv.slice(2);
const of = {
  echo: join(folder, 'echo.mjs'),
  listed: join(folder, 'listed'),
  unlisted: join(folder, 'unlisted'),
  mark: join(folder, 'mark'),
  node: process.execPath,
};
writeFileSync(of.echo, 'process.stdout.write(JSON.stringify(process.argv.slice(2)));\n');
const recorder = `#!${process.execPath}\nrequire('node:fs').appendFileSync(${JSON.stringify(join(folder, 'started'))}, JSON.stringify(process.argv) + '\\n');\n`;
for (const file of [
  of.listed,
  of.unlisted,
  ...['sh', 'bash', 'touch', 'env', 'npx', 'uvx', 'python3', 'find'].map((name) => join(folder, 'bin', name)),
]) {
  writeFileSync(file, recorder);
  chmodSync(file, 0o755);
}
// A shell by another name is a shell.
symlinkSync('/bin/sh', join(folder, 'innocent'));
const program = { env: [], args: ['--root=/srv/[a-z]+'] };
const listed: ProgramList = [
  { ...program, program: of.listed },
  { ...program, program: join(folder, 'innocent'), args: ['.*'] },
];

const bench = openBench({ path: `${join(folder, 'bin')}:${dirname(process.execPath)}:/usr/bin:/bin`, packages: folder });
const seen: unknown[] = [];
const again = [
  ...corpus(of),
  { command: join(folder, 'innocent'), args: ['-c', `touch ${of.mark}`], env: {}, expected: 'refused' as const },
];
for (const { expected, ...wanted } of again) {
  const list = wanted.command === of.listed || wanted.command.endsWith('innocent') ? listed : null;
  const started = launch({ ...bench.deps, programs: () => list }, `attempt-${seen.length}`, wanted);
  if (!started.ok) {
    seen.push({ ...wanted, expected, became: started.reason });
    continue;
  }
  const chunks: Buffer[] = [];
  for await (const chunk of started.value.stdout) chunks.push(chunk as Buffer);
  await started.value.exited;
  seen.push({ ...wanted, expected, became: 'started', printed: Buffer.concat(chunks).toString() });
}
await bench.close();
console.log(JSON.stringify({ seen, marked: existsSync(of.mark), started: existsSync(join(folder, 'started')) }));
