// A server with nothing in it but a listener and onStop: what the signal tests start where the gateway itself is not the question.
import { createServer } from 'node:http';
import { onStop } from '../../src/cli/signals.ts';

const server = createServer((_request, response) => response.end());
onStop(
  () =>
    new Promise<void>((resolve) => {
      // `--deaf`: a server whose drain never ends.
      if (!process.argv.includes('--deaf')) server.close(() => resolve());
    }),
);
server.listen(0, '127.0.0.1', () => process.stdout.write('ready\n'));
