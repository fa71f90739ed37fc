import { asciiJson } from './call-line.ts';
import { type Screen, screenOf } from './render/style.ts';

/** Everything that a command says, and how wide the place is that it says it to. */
export interface Terminal {
  readonly screen: Screen;
  readonly json: boolean;
  /** A text for people. Every part that a client or server wrote was sanitised before. */
  print(text: string): void;
  /** One line for programs. */
  printJson(value: unknown): void;
  /** What went wrong, or how far something is: never among the results. */
  tell(text: string): void;
}

interface Streams {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/** A reader that has seen enough (`| head`) is no failure: the command ends quietly. */
export function endQuietlyOnClosedPipe({ stdout, stderr }: Streams, end: () => void): void {
  const listen = (error: NodeJS.ErrnoException): void => {
    if (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED') end();
    else throw error;
  };
  stdout.on('error', listen);
  stderr.on('error', listen);
}

export const terminal = ({ stdout, stderr }: Streams, env: Readonly<Record<string, string | undefined>>, json: boolean): Terminal => ({
  screen: screenOf(stdout, env),
  json,
  print: (text) => void stdout.write(`${text}\n`),
  printJson: (value) => void stdout.write(`${asciiJson(value)}\n`),
  tell: (text) => void stderr.write(`${text}\n`),
});
