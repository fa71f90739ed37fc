import { createSecureContext } from 'node:tls';

/** Null where the certificate and the key are PEM and belong together; else what is wrong with them, in OpenSSL's words. */
export function tlsProblem({ cert, key }: { readonly cert: string; readonly key: string }): string | null {
  try {
    createSecureContext({ cert, key, minVersion: 'TLSv1.3' });
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
