/** One MCP client and how it is pointed at the gateway, as its vendor documents it. */
export interface Client {
  /** As `sallyport clients NAME` takes it. */
  readonly name: string;
  readonly title: string;
  /** The vendor's page that says so. */
  readonly source: string;
  /** Straight to the endpoint, the key in the client's configuration; null where the client only starts commands. */
  readonly http: ((endpoint: Endpoint) => Way) | null;
  /** By `sallyport connect`: the client's configuration holds no key. */
  readonly stdio: (program: Program) => Way;
}

/** What a person pastes. */
export interface Way {
  /** Where it goes: a file, or the shell. */
  readonly place: string;
  /** One line that does the whole of it; null where the client has no such line. */
  readonly line: string | null;
  /** The same, laid out to be read: the file's text, or the line where there is no file. */
  readonly text: string;
  /** What has to be done besides; null where it is nothing. */
  readonly note: string | null;
}

export interface Endpoint {
  readonly url: string;
  /** The API key's text. */
  readonly key: string;
}

/** A command with absolute paths: desktop programs have neither a person's PATH nor their working directory. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
}

/** Inside double quotes a POSIX shell still reads `$`, backticks, quotes and backslashes; keys and URLs of ours hold none, others are escaped. */
export const quoted = (text: string): string => `"${text.replace(/[\\"$`]/g, '\\$&')}"`;

/** Single quotes: nothing inside is read by the shell. */
export const literal = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** As it is where no shell reads anything in it, else in single quotes. */
export const word = (text: string): string => (/^[A-Za-z0-9_./:@%+=,-]+$/.test(text) ? text : literal(text));

export const commandLine = ({ command, args }: Program): string => [command, ...args].map(word).join(' ');

export const bearer = (key: string): string => `Bearer ${key}`;

export const file = (place: string, document: unknown, note: string | null = null): Way => ({
  place,
  line: null,
  text: JSON.stringify(document, null, 2),
  note,
});
