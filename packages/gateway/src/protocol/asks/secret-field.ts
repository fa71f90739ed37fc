import type { JsonObject } from '../../contracts/json.ts';

/** Words that mean a secret wherever they stand in a field's name or title. */
const ALONE = new Set(
  'password passwd pwd passphrase passcode secret secrets credential credentials cvv cvc apikey privatekey accesskey authtoken otp totp ssn'.split(
    ' ',
  ),
);
/** Words that mean one only in company, or alone. */
const PAIRS = new Set([
  'api key',
  'access key',
  'private key',
  'secret key',
  'signing key',
  'encryption key',
  'recovery code',
  'pin code',
  'card number',
  'security code',
  'one time',
]);
const WHOLE = new Set(['token', 'pin', 'key']);
/** `token_limit` and the like count tokens of a model: numbers are never secrets by this word. */
const ENDING = new Set(['token']);

/**
 * The field of a form that asks for a secret, as far as name, title or format tell (MCP 2025-11-25, elicitation: "Servers MUST NOT request
 * sensitive information in form mode"). Null where none does. A field that lies about what it wants is not found here.
 */
export function secretField(form: JsonObject): string | null {
  const properties = form['properties'] as Readonly<Record<string, JsonObject>>;
  for (const [name, property] of Object.entries(properties)) {
    if (property['type'] === 'boolean') continue;
    if (property['format'] === 'password') return name;
    const title = property['title'];
    if (isSecret(name) || (typeof title === 'string' && isSecret(title))) return name;
  }
  return null;
}

function isSecret(text: string): boolean {
  const words = text
    .normalize('NFKC')
    .replace(/(\p{Ll}|\d)(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\d]+/u)
    .filter((word) => word !== '');
  if (words.length === 1 && WHOLE.has(words[0] ?? '')) return true;
  return words.some(
    (word, at) => ALONE.has(word) || PAIRS.has(`${word} ${words[at + 1] ?? ''}`) || (at === words.length - 1 && ENDING.has(word)),
  );
}
