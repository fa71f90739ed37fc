import { type Called, SDK_CLIENTS, type SdkClient } from './sdk-client.ts';
import type { Outcome, Trial } from './signal-harness.ts';
import { trySignal } from './signal-harness.ts';

/** The demo as a visitor starts it: where the clone is, where its data goes, and under which environment. */
export interface Demo {
  readonly root: string;
  readonly data: string;
  readonly env: NodeJS.ProcessEnv;
}

interface FirstLine {
  readonly mcp: string;
  readonly key: string;
}

export const demoArgs = (data: string): readonly string[] => ['start', '--silent', '--', '--json', '--port', '0', '--data', data];

/** What `--json` prints first, or null for any other line. */
export const firstLineOf = (text: string): FirstLine | null => (text.startsWith('{"mcp":') ? (JSON.parse(text) as FirstLine) : null);

/** One call that every era reaches, through the grant of the demo's key to a server that the call starts. */
export const callDatabase = (client: SdkClient): Promise<Called> => client.call('dbhub__execute_sql', { sql: 'select 1 as one' });

/** Starts dbhub and three stdio children, so that there is something that could be left. */
async function wakeServers(line: FirstLine): Promise<void> {
  const client = await SDK_CLIENTS['sdk 1.32.2'](line);
  await Promise.all([
    client.call('everything__echo', { message: 'awake' }),
    client.call('files__list_allowed_directories', {}),
    client.call('memory__read_graph', {}),
    callDatabase(client),
  ]);
}

/** Starts the demo, has all of its servers running, sends one signal and watches every process end. */
export const signalDemo = (demo: Demo, how: Pick<Trial, 'signal' | 'receiver' | 'endMs'>): Promise<Outcome> =>
  trySignal({
    cwd: demo.root,
    npmArgs: demoArgs(demo.data),
    env: demo.env,
    isReady: (text) => firstLineOf(text) !== null,
    whenReady: async (text) => {
      const line = firstLineOf(text);
      if (line !== null) await wakeServers(line);
    },
    startMs: 60_000,
    ...how,
  });
