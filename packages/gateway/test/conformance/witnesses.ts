import { existsSync, readFileSync } from 'node:fs';
import type { Witnessed } from './fixture/witness.ts';

/** How often each message reached the server, by method and what it is about. */
export type Witnesses = ReadonlyMap<string, number>;

export const witnessKey = ({ method, about }: Witnessed): string => (about === '' ? method : `${method} ${about}`);

export function readWitness(file: string): Witnesses {
  const seen = new Map<string, number>();
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  for (const line of lines) {
    if (line === '') continue;
    const key = witnessKey(JSON.parse(line) as Witnessed);
    seen.set(key, (seen.get(key) ?? 0) + 1);
  }
  return seen;
}
