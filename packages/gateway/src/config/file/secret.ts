/** `env:NAME` and `file:PATH` stand for a secret; in a header, `Bearer env:NAME` does too. */
const REFERENCE = /^(?:(Bearer|Basic|Token) )?(env|file):(.+)$/;
const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,99}$/;
/** Sources that later rooms bring: a value that begins so is a mistake that says so, never a literal. */
const LATER = /^(?:(?:Bearer|Basic|Token) )?(vault|sealed):/;

export interface Reference {
  /** `Bearer`, `Basic` or `Token`, put in front with a space; empty where there is none. */
  readonly scheme: string;
  readonly kind: 'env' | 'file';
  /** A variable, or a path as it was written. */
  readonly name: string;
}

/** The reference that a text is, or null where it is a literal. */
export function referenceIn(text: string): Reference | null {
  const [, scheme = '', kind, name = ''] = REFERENCE.exec(text) ?? [];
  if (kind === 'env') return NAME.test(name) ? { scheme, kind, name } : null;
  return kind === 'file' && !name.includes('\0') ? { scheme, kind, name } : null;
}

export const isLaterReference = (text: string): boolean => LATER.test(text);

const SECRET_NAME =
  /(^|[-_.])(authorization|cookie|token|key|apikey|secret|secrets|password|passwd|passphrase|pwd|credential|credentials|dsn)([-_.]|$)|(token|secret|password|apikey|accesskey|privatekey|authkey)$|^(database|redis|mongo|mongodb|postgres|postgresql|amqp|connection)_?(url|uri|string)$/i;

/** Whether a header or variable of this name holds a secret by its name. */
export const isSecretName = (name: string): boolean => SECRET_NAME.test(name);

/** Forms that secrets have, whatever they are called: tokens of well-known makers, our own keys, private keys, passwords in URLs. */
const SECRET_FORMS: readonly RegExp[] = [
  /\b(sk|pk|rk)-[A-Za-z0-9_-]{16,}/,
  /\b(sk|pk|rk)_(live|test)_[A-Za-z0-9]{16,}/,
  /\bgh[opsur]_[A-Za-z0-9]{30,}/,
  /\bgithub_pat_[A-Za-z0-9_]{30,}/,
  /\bglpat-[A-Za-z0-9_-]{16,}/,
  /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/,
  /\b(AKIA|ASIA)[A-Z0-9]{16}\b/,
  /\bAIza[A-Za-z0-9_-]{35}/,
  /\bsp_[A-Za-z0-9_-]{20,}/,
  /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\./,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /^[a-z][a-z0-9+.-]*:\/\/[^/\s:@]*:[^/\s@]+@/i,
  /[?&;](access_token|token|api_?key|key|secret|password|sig)=[^&]+/i,
  /^--?[a-z-]*(token|secret|password|api-?key)=.+/i,
  /^(Bearer|Basic|Token) \S{8,}$/i,
];

export const looksSecret = (text: string): boolean => SECRET_FORMS.some((form) => form.test(text));

/** What is set where nobody chose: tried first by whoever gets in (default credentials). */
const WELL_KNOWN = new Set(
  'admin administrator changeme change-me change_me default example guest letmein master pass passw0rd password password1 postgres qwerty root secret test token user 123456 12345678 123456789 xxx'.split(
    ' ',
  ),
);

/** Whether a secret is a default that everybody knows; of a URL, its password. */
export function isWellKnown(secret: string): boolean {
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(secret) && URL.canParse(secret) ? new URL(secret) : null;
  const word = url === null ? secret : url.password;
  return WELL_KNOWN.has(word.trim().toLowerCase());
}
