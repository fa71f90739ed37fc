import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SecretString } from '../../src/base/secret-string.ts';
import type { StartOptions } from '../../src/contracts/running.ts';
import { startTestGateway, type TestGateway, type TestOptions } from '../scenarios/running-gateway.ts';

/** A gateway on a shared database, with a data directory of its own. */
export interface SharedGateway extends TestGateway {
  /** Stops it and removes its directory. */
  end(): Promise<void>;
}

/** What a further gateway needs of the first one's directory, as the documentation says. */
const COPIED = ['keys', 'admin.key', 'client.key', 'planted'];

/** @param like the directory of a gateway that uses the database already */
export async function startShared(url: string, options: TestOptions = {}, like: string | null = null): Promise<SharedGateway> {
  const data = mkdtempSync(join(tmpdir(), 'sallyport-shared-'));
  if (like !== null) for (const name of COPIED) if (existsSync(join(like, name))) cpSync(join(like, name), join(data, name));
  const storage: StartOptions['storage'] = { kind: 'postgres', url: new SecretString(url) };
  const gateway = await startTestGateway({ ...options, data, start: { ...options.start, storage } });
  return {
    ...gateway,
    end: async () => {
      await gateway.stop();
      rmSync(data, { recursive: true, force: true });
    },
  };
}
