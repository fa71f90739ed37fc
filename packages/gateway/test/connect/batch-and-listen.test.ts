import { afterEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import {
  errorOf,
  event,
  events,
  json,
  type OpenBridge,
  openBridge,
  result,
  type Script,
  type ScriptedGateway,
  scriptedGateway,
  withSessions,
} from './scripted-gateway.ts';
import { initialize, modern, toolCall } from './stdio-end.ts';

let gateway: ScriptedGateway | null = null;
let open: OpenBridge | null = null;
afterEach(async () => {
  await open?.bridge.end(0);
  gateway?.close();
});

async function bridged(script: Script): Promise<OpenBridge> {
  gateway = await scriptedGateway(script);
  open = openBridge(gateway.port);
  return open;
}

describe('a batch of 2025-03-26', () => {
  it('goes as it is, and each member is answered', async () => {
    const bridge = await bridged(
      withSessions(
        (asked, response) =>
          json(
            response,
            200,
            (asked.body as unknown as JsonObject[]).map(({ id }) => result(id)),
          ),
        ['2025-03-26'],
      ),
    );
    bridge.send(initialize(0, '2025-03-26'));
    await bridge.answer(0);
    bridge.send([toolCall(1, 'a', {}), toolCall(2, 'b', {})]);
    expect(await bridge.next((message) => Array.isArray(message))).toEqual([result(1), result(2)]);
  });

  it('that is refused whole is refused for each member', async () => {
    const bridge = await bridged(
      withSessions((_asked, response) =>
        json(response, 400, { jsonrpc: '2.0', id: null, error: { code: -32600, message: 'Batches are not accepted' } }),
      ),
    );
    bridge.send(initialize(0));
    await bridge.answer(0);
    bridge.send([toolCall(1, 'a', {}), toolCall(2, 'b', {})]);
    for (const id of [1, 2]) expect(errorOf(await bridge.answer(id))['code']).toBe(-32600);
  });
});

describe('a subscription of 2026-07-28', () => {
  const listen = modern('sub', 'subscriptions/listen', { notifications: { toolsListChanged: true } });
  const tag = { 'io.modelcontextprotocol/subscriptionId': 'sub' };
  const acknowledged = {
    jsonrpc: '2.0',
    method: 'notifications/subscriptions/acknowledged',
    params: { notifications: { toolsListChanged: true }, _meta: tag },
  };
  const ended = { jsonrpc: '2.0', id: 'sub', result: { resultType: 'complete', _meta: tag } };

  it('that the gateway ends when it stops is opened again, acknowledged once, and what may have changed is said', async () => {
    let opened = 0;
    const bridge = await bridged((_asked, response) => {
      opened += 1;
      events(response).write(event(acknowledged));
      if (opened === 1) response.end(event(ended));
    });
    bridge.send(listen);
    expect((await bridge.next(({ method }) => method === 'notifications/tools/list_changed'))['params']).toEqual({ _meta: tag });
    expect(opened).toBe(2);
    expect(bridge.said.filter(({ method }) => String(method).endsWith('acknowledged'))).toHaveLength(1);
    expect(bridge.said.filter(({ id }) => id === 'sub')).toEqual([]);
  });

  it('that may not be opened again ends with the result that it had', async () => {
    let opened = 0;
    const bridge = await bridged((_asked, response) => {
      opened += 1;
      if (opened > 1) return json(response, 401, { jsonrpc: '2.0', id: null, error: { code: 40100, message: 'no' } });
      events(response).end(event(acknowledged) + event(ended));
    });
    bridge.send(listen);
    expect(await bridge.answer('sub')).toEqual(ended);
  });

  it('that is refused is refused', async () => {
    const bridge = await bridged((_asked, response) =>
      json(response, 200, { jsonrpc: '2.0', id: 'sub', error: { code: 40300, message: 'no' } }),
    );
    bridge.send(listen);
    expect(errorOf(await bridge.answer('sub'))['code']).toBe(40300);
  });

  it('ends its exchange when the client cancels it', async () => {
    let closed = false;
    const bridge = await bridged((_asked, response) => {
      response.once('close', () => {
        closed = true;
      });
      events(response).write(event(acknowledged));
    });
    bridge.send(listen);
    await bridge.next(({ method }) => String(method).endsWith('acknowledged'));
    bridge.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'sub' } });
    for (const deadline = Date.now() + 5000; !closed && Date.now() < deadline; ) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(closed).toBe(true);
  });
});
