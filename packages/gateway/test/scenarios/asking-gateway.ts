import { join } from 'node:path';
import { expect } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import { AskedClient, POLITE, type Respond } from './asked-client.ts';
import { FIXTURES, startTestGateway, type TestGateway } from './running-gateway.ts';
import type { Caller } from './wire.ts';

export const ALL: JsonObject = { sampling: { tools: {} }, elicitation: { form: {}, url: {} }, roots: { listChanged: true } };
const TOOLS = [
  'ask',
  'ask_many',
  'ask_and_take_back',
  'ask_and_finish',
  'ask_late',
  'complete',
  'declared',
  'heard',
  'eager',
  'url_required',
  'wait',
  'needs_sampling',
];
const EFFECTS = Object.fromEntries(TOOLS.map((name) => [name, 'read']));

const stdio = (id: string, ...args: string[]): JsonObject => ({
  id,
  transport: { kind: 'stdio', launch: { command: process.execPath, args: [join(FIXTURES, 'asking-server-stdio.ts'), ...args] } },
  effects: EFFECTS,
});
const http = (id: string): JsonObject => ({
  id,
  transport: {
    kind: 'streamable-http',
    local: {
      launch: { command: process.execPath, args: [join(FIXTURES, 'asking-server-http.ts')] },
      tokenEnv: 'TOOL_SERVER_TOKEN',
      path: '/mcp',
    },
  },
  effects: EFFECTS,
});

/** A gateway before servers that ask: over stdio and HTTP, one that asks at once, and one that is shared. */
export class AskingGateway {
  readonly gateway: TestGateway;
  readonly ann: Caller;
  readonly #clients: AskedClient[] = [];

  static async start(): Promise<AskingGateway> {
    const gateway = await startTestGateway({
      servers: [stdio('stdio'), http('http'), stdio('eager', '--eager'), { ...stdio('shared'), sharing: 'shared' }],
    });
    return new AskingGateway(gateway, { mcp: gateway.mcp, key: (await gateway.key({ name: 'ann', roles: ['writer'] })).text });
  }

  private constructor(gateway: TestGateway, ann: Caller) {
    this.gateway = gateway;
    this.ann = ann;
  }

  async client(capabilities: JsonObject = ALL, respond: Respond = POLITE, revision = '2025-11-25'): Promise<AskedClient> {
    const begun = await AskedClient.begin(this.ann, capabilities, respond, revision);
    this.#clients.push(begun);
    return begun;
  }

  async recordsOf(method: string): Promise<readonly JsonObject[]> {
    return (await this.gateway.records()).filter((one) => (one['record'] as JsonObject)['method'] === method);
  }

  async endClients(): Promise<void> {
    await Promise.all(this.#clients.splice(0).map((client) => client.end()));
  }

  stop(): Promise<void> {
    return this.gateway.stop();
  }
}

export const url = (to: string): JsonObject => ({ mode: 'url', message: 'Go', url: to, elicitationId: 'e1' });

export const error = (code: number, text: RegExp): JsonObject =>
  ({
    error: { code, message: expect.stringMatching(text), data: { ref: expect.stringMatching(/^[0-9A-Z]{26}$/) } },
  }) as unknown as JsonObject;
