import type { JsonValue } from '../../contracts/json.ts';
import { type Mistake, mistake } from '../mistake.ts';
import type { Path, Places } from './places.ts';
import { isLaterReference, isSecretName, looksSecret, referenceIn } from './secret.ts';

/** Blocks of names and values that often are secrets. */
const HOLDERS = new Set(['env', 'headers']);

/** Every literal secret of a document: a file is copied, committed and read by others (R2-087). The value is never repeated. */
export function literalSecrets(document: JsonValue, places: Places): readonly Mistake[] {
  return [...textsOf(document, [])].flatMap(([path, text]) => {
    const found = judge(path, text);
    return found === null ? [] : [{ ...found, position: places.keyAt(path) }];
  });
}

function judge(path: Path, text: string): Mistake | null {
  const key = path.join('.');
  if (mayRefer(path) && isLaterReference(text))
    return mistake({
      reason: 'config.not_built',
      key,
      expected: 'env:NAME or file:PATH: vault: and sealed: wait for the secret sources of the vault',
    });
  if (mayRefer(path) && referenceIn(text) !== null) return null;
  const named = HOLDERS.has(String(path.at(-2))) && isSecretName(String(path.at(-1)));
  if (!named && !looksSecret(text)) return null;
  return mistake({ reason: 'config.literal_secret', key, expected: 'env:NAME or file:PATH in place of a literal secret' });
}

const mayRefer = (path: Path): boolean => HOLDERS.has(String(path.at(-2))) || path[0] === 'storage';

function* textsOf(value: JsonValue, path: Path): Generator<readonly [Path, string]> {
  if (typeof value === 'string') yield [path, value];
  else if (Array.isArray(value)) for (const [index, item] of value.entries()) yield* textsOf(item as JsonValue, [...path, index]);
  else if (value !== null && typeof value === 'object')
    for (const [name, item] of Object.entries(value)) yield* textsOf(item as JsonValue, [...path, name]);
}
