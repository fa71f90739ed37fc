import type { JsonObject } from '../../contracts/json.ts';
import { isObject, type ParamHeader, readParamHeaders } from '../../protocol/index.ts';
import { ask } from './ask.ts';
import type { Wire } from './wire.ts';

const MOST_TOOLS = 10_000;
const MOST_PAGES = 100;

/**
 * Which arguments of which tool are mirrored in HTTP headers (`x-mcp-header`, MCP 2026-07-28). A client on stdio need not know of them, so the
 * bridge learns them from the lists that pass, and asks for the list itself where a call came first.
 */
export class ToolHeaders {
  readonly #declared = new Map<string, readonly ParamHeader[]>();

  of(tool: string): readonly ParamHeader[] {
    return this.#declared.get(tool) ?? [];
  }

  learn(listed: JsonObject): void {
    const tools = listed['tools'];
    if (!Array.isArray(tools)) return;
    for (const tool of tools) {
      if (!isObject(tool) || typeof tool['name'] !== 'string' || !isObject(tool['inputSchema'])) continue;
      const headers = readParamHeaders(tool['inputSchema']);
      if (headers.ok && (this.#declared.size < MOST_TOOLS || this.#declared.has(tool['name'])))
        this.#declared.set(tool['name'], headers.value);
    }
  }

  /** Reads every page of the list as this client would. */
  async refresh(wire: Wire, meta: JsonObject, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void> {
    let cursor: string | null = null;
    for (let page = 0; page < MOST_PAGES; page++) {
      const params: JsonObject = { _meta: meta, ...(cursor === null ? {} : { cursor }) };
      const listed = await ask(wire, { method: 'tools/list', params, headers }, { signal, waitMs: 0 });
      if (!listed.ok) return;
      this.learn(listed.result);
      const next = listed.result['nextCursor'];
      if (typeof next !== 'string') return;
      cursor = next;
    }
  }
}
