import { readFileSync } from 'node:fs';
import { LIMITS } from '../base/limits.ts';
import { CommandError, EXIT } from './exit.ts';
import { sanitize } from './render/sanitize.ts';

/** The text of a policy file, bounded as the server bounds it. */
export function readText(file: string): string {
  let text: string;
  try {
    text = readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new CommandError(EXIT.usage, `${sanitize(file)} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'}).`);
  }
  if (text.length > LIMITS.policyFileBytes)
    throw new CommandError(EXIT.usage, `${sanitize(file)} is larger than ${LIMITS.policyFileBytes} bytes.`);
  return text;
}
