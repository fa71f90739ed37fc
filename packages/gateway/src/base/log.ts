/** Structured lines for operators. Never a secret, never a body; text of clients and servers only as a field, never as the message. */
export interface Logger {
  /** What only somebody who looks for a fault wants: left out unless it is asked for. */
  debug(event: string, fields?: Readonly<Record<string, unknown>>): void;
  info(event: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(event: string, fields?: Readonly<Record<string, unknown>>): void;
  error(event: string, fields?: Readonly<Record<string, unknown>>): void;
}

export const silentLogger: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
