import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { Program } from '../scenarios/sdk-client.ts';

export const ENTRY = join(import.meta.dirname, '../../src/cli/sallyport.ts');

/** `sallyport connect` as a client starts it. */
export const connectProgram = (args: readonly string[], onStderr: (text: string) => void = () => {}): Program => ({
  command: process.execPath,
  args: [ENTRY, 'connect', ...args],
  onStderr,
});

/** `sallyport connect` with bare pipes: lines in, messages out. */
export interface StdioEnd {
  readonly child: ChildProcess;
  send(message: unknown): void;
  write(bytes: string | Buffer): void;
  /** The next message that fits, among those that came and will come. */
  next(fits: (message: JsonObject) => boolean, ms?: number): Promise<JsonObject>;
  answer(id: unknown, ms?: number): Promise<JsonObject>;
  readonly received: readonly JsonObject[];
  /** Lines on its standard output that were no JSON. */
  readonly garbage: readonly string[];
  stderr(): string;
  /** Ends its input. */
  end(): Promise<number | null>;
}

export function startStdioEnd(args: readonly string[], env: Readonly<Record<string, string>> = {}): StdioEnd {
  const child = spawn(process.execPath, [ENTRY, 'connect', ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '', ...env },
  });
  const received: JsonObject[] = [];
  const garbage: string[] = [];
  const waiting = new Set<() => void>();
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  child.stdin.on('error', () => undefined);
  createInterface({ input: child.stdout }).on('line', (line) => {
    try {
      received.push(JSON.parse(line) as JsonObject);
    } catch {
      garbage.push(line);
    }
    for (const look of [...waiting]) look();
  });
  const next: StdioEnd['next'] = (fits, ms = 20_000) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(look);
        reject(new Error(`it did not come: ${JSON.stringify(received)} ${errors}`));
      }, ms);
      const look = (): void => {
        const found = received.find(fits);
        if (found === undefined) return;
        clearTimeout(timer);
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  return {
    child,
    send: (message) => void child.stdin.write(`${JSON.stringify(message)}\n`),
    write: (bytes) => void child.stdin.write(bytes),
    next,
    answer: (id, ms) => next((message) => message['id'] === id && message['method'] === undefined, ms),
    received,
    garbage,
    stderr: () => errors,
    end: async () => {
      child.stdin.end();
      if (child.exitCode === null) await once(child, 'exit');
      return child.exitCode;
    },
  };
}

export const initialize = (id: unknown, protocolVersion = '2025-11-25'): JsonObject =>
  ({
    jsonrpc: '2.0',
    id,
    method: 'initialize',
    params: { protocolVersion, capabilities: {}, clientInfo: { name: 'desktop', version: '1' } },
  }) as JsonObject;

export const INITIALIZED = { jsonrpc: '2.0', method: 'notifications/initialized' };

export const toolCall = (id: unknown, name: string, args: JsonObject): JsonObject =>
  ({ jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args } }) as JsonObject;

export const META: JsonObject = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 'desktop', version: '1' },
};

export const modern = (id: unknown, method: string, params: JsonObject = {}): JsonObject =>
  ({ jsonrpc: '2.0', id, method, params: { ...params, _meta: META } }) as JsonObject;
