import { sha256Hex } from '../../base/bytes.ts';
import { canonicalize } from '../../base/canonical.ts';
import { serveLane } from '../../base/serve-lane.ts';
import type { JsonValue } from '../../contracts/json.ts';
import { isObject } from '../json-rpc.ts';
import { parseStrict } from '../strict-json.ts';
import type { LargeAnswer } from './large-reader.ts';

// Everything about a large body that takes long, in a thread that may be killed at any point.
function read(bytes: ArrayBuffer): LargeAnswer {
  const parsed = parseStrict(new Uint8Array(bytes));
  return parsed.ok ? { ok: true, text: parsed.value.text, argumentsDigest: digestOf(parsed.value.value) } : parsed;
}

function digestOf(message: JsonValue): string | null {
  const params = isObject(message) ? message['params'] : undefined;
  const given = isObject(params) ? params['arguments'] : undefined;
  const canonical = isObject(given) ? canonicalize(given) : null;
  return canonical?.ok ? sha256Hex(canonical.value) : null;
}

serveLane(read);
