import type { TenantId } from '../base/ids.ts';
import { failure, success } from '../base/result.ts';
import type { Outcome, VerbDeps } from './deps.ts';
import { findServer } from './find-server.ts';
import { labelledPins } from './labels-input.ts';
import { keyOfPin } from './pin.ts';
import { parseLabels } from './server-input.ts';
import { type ServerView, viewServer } from './view-server.ts';

/** Says of which class the data of a server is and where it runs, instead of what was said before. Null takes all labels away. */
export async function labelServer(deps: VerbDeps, tenant: TenantId, id: string, input: unknown): Outcome<ServerView> {
  const labels = parseLabels(input);
  if (!labels.ok) return labels;
  const found = await findServer(deps, tenant, id);
  if (!found.ok) return found;
  const { registration, pins } = found.value;
  const known = new Set(pins.map(keyOfPin));
  const stray = labelledPins(labels.value).find((pin) => !known.has(keyOfPin(pin)));
  if (stray !== undefined)
    return failure('registry.server_invalid', `${stray.in}.${stray.name.slice(0, 128)}: the server offers no such ${stray.kind}`);
  const stored = await deps.store.setLabels(tenant, registration.id, labels.value);
  if (!stored.ok) return stored;
  if (!stored.value) return failure('registry.server_unknown', `no server ${registration.id}`);
  deps.log.info('registry.server.labelled', { server: registration.id });
  return success(viewServer({ ...registration, labels: labels.value }, pins));
}
