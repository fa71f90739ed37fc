import type { Readable, Writable } from 'node:stream';
import type { Command } from 'commander';
import { oneLine, StdioFraming } from '../../protocol/index.ts';
import { errorText } from '../connect/answers.ts';
import { Bridge } from '../connect/bridge.ts';
import { placeOf } from '../connect/place.ts';
import { openWire } from '../connect/wire.ts';
import type { GlobalOptions } from '../connection.ts';
import { CommandError, EXIT } from '../exit.ts';
import { sanitize } from '../render/sanitize.ts';

/** What the stdio end needs of the process. */
export interface Connecting {
  readonly input: Readable;
  /** Carries the protocol and nothing else. */
  readonly output: Writable;
  /** A line for the client's log of its servers. */
  readonly tell: (line: string) => void;
  /** SALLYPORT_KEY. */
  readonly key: string | undefined;
  readonly onStop: (stop: () => Promise<void>) => void;
}

const WAIT_MS = 30_000;
/** Clients kill a server that is not gone two seconds after its input ended. */
const GRACE_MS = 1_000;

export function connectCommand(program: Command, connecting: Connecting): void {
  program
    .command('connect')
    .description(
      'the stdio end for clients that only start a command: --url names an MCP endpoint, and the key comes from --key-file, SALLYPORT_KEY or the demo',
    )
    .action(async (_options, command: Command) => connect(connecting, command.optsWithGlobals<GlobalOptions>()));
}

async function connect({ input, output, tell, key, onStop }: Connecting, options: GlobalOptions): Promise<void> {
  const say = (line: string): void => tell(`sallyport connect: ${sanitize(line)}`);
  const wire = openWire(placeOf(options, key), say);
  await new Promise<void>((resolve, reject) => {
    const framing = new StdioFraming(input, output, {
      onMessage: (bytes) => bridge.receive(bytes),
      onGarbage: (start) => {
        say(`a line that is no message was left out: ${start}`);
        void framing.send(errorText(null, { code: -32700, message: 'A line is no JSON-RPC message.' }));
      },
      onTooLong: () => {
        // Where the next message begins is no longer known.
        void framing.send(errorText(null, { code: -32600, message: 'A message is longer than 10 MB (10485760 bytes).' }));
        finish(new CommandError(EXIT.refused, 'A line of the client is longer than 10 MB, so nothing more is read.'));
      },
      onEnd: () => finish(null),
    });
    const bridge = new Bridge({ wire, say: async (text) => void (await framing.send(oneLine(text))), tell: say, waitMs: WAIT_MS });
    const finish = (error: CommandError | null): void => {
      framing.close();
      void bridge.end(error === null ? GRACE_MS : 0).then(() => (error === null ? resolve() : reject(error)));
    };
    onStop(async () => {
      framing.close();
      await bridge.end(0);
    });
  });
}
