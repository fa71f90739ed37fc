import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from './running-gateway.ts';

let gateway: TestGateway;
let origin: string;

beforeAll(async () => {
  gateway = await startTestGateway();
  origin = gateway.mcp.replace('/mcp', '');
});
afterAll(() => gateway.stop());

describe('the health paths', () => {
  it.each([
    ['/healthz', '{"status":"live"}'],
    ['/readyz', '{"status":"ready"}'],
  ])('%s answers without a key and says no more than that', async (path, body) => {
    const response = await fetch(origin + path);
    expect([response.status, await response.text()]).toEqual([200, body]);
    expect(response.headers.get('server')).toBeNull();
  });

  it.each(['/healthz/', '/readyz?x', '/metrics', '/', '/mcp', '/.well-known/x'])('%s does not: it needs a key', async (path) => {
    const response = await fetch(origin + path, { headers: { accept: 'text/event-stream' } });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain('Bearer');
  });

  it('POST /healthz is no health path', async () => {
    const response = await fetch(`${origin}/healthz`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
    expect(response.status).toBe(401);
  });
});
