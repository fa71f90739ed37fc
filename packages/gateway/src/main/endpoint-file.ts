import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Names the MCP endpoint in the data directory while the gateway runs, so that `sallyport connect` finds it whatever its port is. Mode 0600:
 * whoever writes it says where a key is sent. Returns what takes it away.
 */
export function namePlace(data: string, mcpUrl: string): () => void {
  const file = join(data, 'endpoint');
  rmSync(file, { force: true });
  writeFileSync(file, `${mcpUrl}\n`, { mode: 0o600, flag: 'wx' });
  return () => rmSync(file, { force: true });
}
