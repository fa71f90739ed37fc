/** What a person pastes to reach the gateway from one client. */
export interface ClientConfiguration {
  readonly client: string;
  /** Where it goes: a file, or the shell. */
  readonly place: string;
  /** One line that does the whole of it where the client has such a way, else the file's text on one line. */
  readonly line: string;
  /** The same, laid out to be read. */
  readonly text: string;
}

export interface Endpoint {
  readonly url: string;
  /** The API key's text. */
  readonly key: string;
}

/** Inside double quotes a POSIX shell still reads `$`, backticks, quotes and backslashes; keys and URLs of ours hold none, others are escaped. */
export const quoted = (text: string): string => `"${text.replace(/[\\"$`]/g, '\\$&')}"`;

/** Single quotes: nothing inside is read by the shell. */
export const literal = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

export const bearer = (key: string): string => `Bearer ${key}`;
