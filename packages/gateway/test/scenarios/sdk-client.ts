import { Client as ClientV2, StreamableHTTPClientTransport as HttpV2, type VersionNegotiationMode } from '@modelcontextprotocol/client';
import { StdioClientTransport as StdioV2 } from '@modelcontextprotocol/client/stdio';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as StdioV1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as HttpV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { LoggingMessageNotificationSchema, ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';

/** What both official SDKs can do, so that one scenario runs with each of them. */
export interface SdkClient {
  readonly revision: string | undefined;
  /** Every page, one after another; `pages` counts them where the client shows them. */
  list(): Promise<{ readonly names: readonly string[]; readonly pages: number | null }>;
  call(name: string, args: Record<string, unknown>, options?: CallOptions): Promise<Called>;
  ping(): Promise<unknown>;
  /** From now on this session, or each call, asks for log messages of this level and above. */
  setLevel(level: 'debug' | 'info' | 'warning'): Promise<unknown>;
  readonly logged: readonly { readonly level: string; readonly data: unknown }[];
  readonly listChanges: () => number;
  /** Opens what this era needs to hear that a list changed. */
  listen(): Promise<void>;
  /** Ends the session, where there is one, and the connection. */
  end(): Promise<void>;
}

export interface CallOptions {
  readonly onprogress?: (progress: { readonly progress: number; readonly total?: number | undefined }) => void;
  readonly signal?: AbortSignal;
}

export interface Called {
  readonly text: string;
  readonly isError: boolean;
}

export interface Endpoint {
  readonly mcp: string;
  readonly key: string;
}

/** A command that a client starts and speaks to on stdio. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly onStderr?: (text: string) => void;
}

/** The clients that figures and scenarios use: SDK v1, and SDK v2 in each of its ways to find the revision. */
export const SDK_CLIENTS = {
  'sdk 1.32.2': (to: Endpoint | Program) => connectV1(to),
  'client 2.4.0 legacy': (to: Endpoint | Program) => connectV2(to, 'legacy'),
  'client 2.4.0 auto': (to: Endpoint | Program) => connectV2(to, 'auto'),
  'client 2.4.0 pinned to 2026-07-28': (to: Endpoint | Program) => connectV2(to, { pin: '2026-07-28' }),
} as const;

const INFO = { name: 'scenario', version: '1.0.0' };

const stdioOptions = ({ command, args }: Program) => ({ command, args: [...args], stderr: 'pipe' as const });

const transportOptions = ({ key }: Endpoint) => ({ requestInit: { headers: { authorization: `Bearer ${key}` } } });

function httpOrStdioV1(to: Endpoint | Program): HttpV1 | StdioV1 {
  if ('mcp' in to) return new HttpV1(new URL(to.mcp), transportOptions(to));
  const transport = new StdioV1(stdioOptions(to));
  transport.stderr?.on('data', (chunk: Buffer) => to.onStderr?.(chunk.toString()));
  return transport;
}

function httpOrStdioV2(to: Endpoint | Program): HttpV2 | StdioV2 {
  if ('mcp' in to) return new HttpV2(new URL(to.mcp), transportOptions(to));
  const transport = new StdioV2(stdioOptions(to));
  transport.stderr?.on('data', (chunk: Buffer) => to.onStderr?.(chunk.toString()));
  return transport;
}

async function connectV1(to: Endpoint | Program): Promise<SdkClient> {
  const client = new ClientV1(INFO);
  const transport = httpOrStdioV1(to);
  const logged: { level: string; data: unknown }[] = [];
  let changes = 0;
  client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => void logged.push(params));
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => void changes++);
  let revision: string | undefined;
  const told = transport as Parameters<ClientV1['connect']>[0];
  const before = told.setProtocolVersion?.bind(told);
  told.setProtocolVersion = (version) => {
    revision = version;
    before?.(version);
  };
  await client.connect(told);
  return {
    revision,
    list: async () => {
      const names: string[] = [];
      let cursor: string | undefined;
      let pages = 0;
      do {
        const page = await client.listTools(cursor === undefined ? {} : { cursor });
        names.push(...page.tools.map((tool) => tool.name));
        cursor = page.nextCursor;
        pages += 1;
      } while (cursor !== undefined);
      return { names, pages };
    },
    call: async (name, args, options = {}) => calledOf(await client.callTool({ name, arguments: args }, undefined, options)),
    ping: () => client.ping(),
    setLevel: (level) => client.setLoggingLevel(level),
    logged,
    listChanges: () => changes,
    // The GET stream is opened by the transport after initialize.
    listen: async () => {},
    end: async () => {
      if (transport instanceof HttpV1) await transport.terminateSession();
      await client.close();
    },
  };
}

async function connectV2(to: Endpoint | Program, mode: VersionNegotiationMode): Promise<SdkClient> {
  const client = new ClientV2(INFO, { versionNegotiation: { mode } });
  const transport = httpOrStdioV2(to);
  const logged: { level: string; data: unknown }[] = [];
  let changes = 0;
  client.setNotificationHandler('notifications/message', ({ params }) => void logged.push(params));
  client.setNotificationHandler('notifications/tools/list_changed', () => void changes++);
  await client.connect(transport);
  const isModern = client.getProtocolEra() === 'modern';
  let level: string | null = null;
  const meta = () => (level === null || !isModern ? {} : { _meta: { 'io.modelcontextprotocol/logLevel': level } });
  return {
    revision: client.getNegotiatedProtocolVersion(),
    list: async () => ({ names: (await client.listTools()).tools.map((tool) => tool.name), pages: null }),
    call: async (name, args, options = {}) => calledOf(await client.callTool({ name, arguments: args, ...meta() } as never, options)),
    ping: () => client.ping(),
    setLevel: async (wanted) => {
      level = wanted;
      if (!isModern) await client.setLoggingLevel(wanted);
    },
    logged,
    listChanges: () => changes,
    listen: async () => {
      if (isModern) await client.listen({ toolsListChanged: true });
    },
    end: async () => {
      if (!isModern && transport instanceof HttpV2) await transport.terminateSession();
      await client.close();
    },
  };
}

function calledOf(result: Record<string, unknown>): Called {
  const content = (result['content'] ?? []) as readonly { readonly type: string; readonly text?: string }[];
  return { text: content.map((part) => part.text ?? '').join('\n'), isError: result['isError'] === true };
}
