import { claudeCode } from './claude-code.ts';
import type { ClientConfiguration, Endpoint } from './client.ts';
import { cursor } from './cursor.ts';
import { inspector } from './inspector.ts';
import { vsCode } from './vs-code.ts';

export type { ClientConfiguration, Endpoint } from './client.ts';

/** Every client that is known, in the order in which they are printed. */
export const clientConfigurations = (endpoint: Endpoint): readonly ClientConfiguration[] =>
  [claudeCode, cursor, vsCode, inspector].map((configuration) => configuration(endpoint));
