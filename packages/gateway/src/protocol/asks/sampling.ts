import type { JsonObject, JsonValue } from '../../contracts/json.ts';
import { isObject } from '../json-rpc.ts';
import { having, isCount, isName, isNumber, isProse, isRecord, listOf, may, must, oneOf, readFields, type Test } from './fields.ts';

const MESSAGES = 1000;
const BLOCKS = 1000;
const TOOLS = 200;
const STOPS = 100;

const isMedia = having({ data: must((value) => typeof value === 'string'), mimeType: must(isName) });

/** What a message may hold (MCP 2025-11-25, sampling): a kind that is not here is refused, since no screen knows how to read it. */
const CONTENT: Readonly<Record<string, Test>> = {
  text: having({ text: must(isProse) }),
  image: isMedia,
  audio: isMedia,
  tool_use: having({ id: must(isName), name: must(isName), input: must(isRecord) }),
  tool_result: having({ toolUseId: must(isName), content: must(listOf(isRecord, BLOCKS)) }),
};

const isBlock: Test = (value) => {
  const type = isObject(value) ? value['type'] : undefined;
  return typeof type === 'string' && Object.hasOwn(CONTENT, type) && CONTENT[type]?.(value) === true;
};
const isContent: Test = (value) => isBlock(value) || listOf(isBlock, BLOCKS)(value);
const isMessage = having({ role: must(oneOf('user', 'assistant')), content: must(isContent) });
const isShare: Test = (value) => typeof value === 'number' && value >= 0 && value <= 1;

const PARAMS = {
  messages: must(listOf(isMessage, MESSAGES)),
  modelPreferences: may(
    having({
      hints: may(listOf(having({ name: may(isName) }), 100)),
      costPriority: may(isShare),
      speedPriority: may(isShare),
      intelligencePriority: may(isShare),
    }),
  ),
  systemPrompt: may(isProse),
  includeContext: may(oneOf('none', 'thisServer', 'allServers')),
  temperature: may(isNumber),
  maxTokens: must(isCount),
  stopSequences: may(listOf(isProse, STOPS)),
  metadata: may(isRecord),
  tools: may(listOf(having({ name: must(isName), inputSchema: must(isRecord) }), TOOLS)),
  toolChoice: may(having({ mode: may(oneOf('auto', 'required', 'none')) })),
};

const RESULT = {
  role: must(oneOf('user', 'assistant')),
  content: must(isContent),
  model: must(isProse),
  stopReason: may(isName),
  _meta: may(isRecord),
};

/** Params of `sampling/createMessage`, or what is wrong with them. */
export const readSampling = (params: JsonObject): JsonObject | string => readFields(params, PARAMS);

/** What a client must have declared beside `sampling` itself for these params. */
export function samplingExtras(params: JsonObject): readonly ('tools' | 'context')[] {
  const asksTools = params['tools'] !== undefined || params['toolChoice'] !== undefined || mentionsTools(params['messages']);
  const asksContext = params['includeContext'] !== undefined && params['includeContext'] !== 'none';
  return [...(asksTools ? (['tools'] as const) : []), ...(asksContext ? (['context'] as const) : [])];
}

const mentionsTools = (messages: JsonValue | undefined): boolean =>
  (messages as readonly JsonObject[]).some(({ content }) =>
    (Array.isArray(content) ? content : [content]).some(({ type }: JsonObject) => type === 'tool_use' || type === 'tool_result'),
  );

/** The client's answer to it, or what is wrong. A tool may be used only where tools were offered. */
export function readSampled(params: JsonObject, result: JsonObject): JsonObject | string {
  const read = readFields(result, RESULT);
  if (typeof read === 'string') return read;
  const used = (Array.isArray(read['content']) ? read['content'] : [read['content']]) as readonly JsonObject[];
  const strange = used.some(({ type }) => type === 'tool_result' || (type === 'tool_use' && params['tools'] === undefined));
  return strange ? 'content uses tools that were not offered' : read;
}
