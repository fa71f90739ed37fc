import { failure, type Result, success } from '../../base/result.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { ProtocolReason } from '../../contracts/reasons/protocol.ts';
import type { Era } from '../../contracts/target.ts';
import { isObject } from '../json-rpc.ts';
import { isSafeUrl, readElicitation, readElicited } from './elicitation.ts';
import { readRoots } from './roots.ts';
import { readSampled, readSampling, samplingExtras } from './sampling.ts';
import { secretField } from './secret-field.ts';

/** What a server may ask of a client. The same in both eras: as a request of its own, or as one of the input requests of a result. */
export type AskMethod = 'sampling/createMessage' | 'elicitation/create' | 'roots/list';

/** An ask as it was understood: members beyond these were read by nobody and do not go on. */
export interface Asked {
  readonly method: AskMethod;
  readonly params: JsonObject;
  /** The client capabilities that it takes, each a path of names. */
  readonly takes: readonly (readonly string[])[];
}

export type AskReason = Extract<
  ProtocolReason,
  'protocol.invalid_params' | 'protocol.unknown_method' | 'protocol.asks_for_secret' | 'protocol.unsafe_url' | 'protocol.context_of_others'
>;

const isAskMethod = (method: string): method is AskMethod => Object.hasOwn(READERS, method);

const READERS: Readonly<Record<AskMethod, (params: JsonObject, era: Era) => Result<Asked, AskReason>>> = {
  'sampling/createMessage': (params) => {
    const read = readSampling(params);
    if (typeof read === 'string') return failure('protocol.invalid_params', read);
    // A prompt with the context of every server would hand one server what another said.
    if (read['includeContext'] === 'allServers') return failure('protocol.context_of_others');
    return asked('sampling/createMessage', read, [['sampling'], ...samplingExtras(read).map((extra) => ['sampling', extra])]);
  },
  'elicitation/create': (params, era) => {
    const read = readElicitation(params, era);
    if (typeof read === 'string') return failure('protocol.invalid_params', read);
    if (read['mode'] === 'url')
      return isSafeUrl(String(read['url'])) ? asked('elicitation/create', read, [['elicitation', 'url']]) : failure('protocol.unsafe_url');
    const secret = secretField(read['requestedSchema'] as JsonObject);
    if (secret !== null) return failure('protocol.asks_for_secret', secret.slice(0, 100));
    return asked('elicitation/create', read, [['elicitation', 'form']]);
  },
  'roots/list': () => asked('roots/list', {}, [['roots']]),
};

const asked = (method: AskMethod, params: JsonObject, takes: Asked['takes']): Result<Asked, AskReason> =>
  success({ method, params, takes });

/** Reads what a server asks. A method that is none of these fails with `protocol.unknown_method`. */
export function readAsk(method: string, params: JsonObject, era: Era): Result<Asked, AskReason> {
  return isAskMethod(method) ? READERS[method](params, era) : failure('protocol.unknown_method', method);
}

/** Reads a client's answer to it: `protocol.invalid_message` where it does not fit what was asked. */
export function readAnswerTo({ method, params }: Asked, result: JsonObject): Result<JsonObject, 'protocol.invalid_message'> {
  const read =
    method === 'roots/list'
      ? readRoots(result)
      : method === 'elicitation/create'
        ? readElicited(params, result)
        : readSampled(params, result);
  return typeof read === 'string' ? failure('protocol.invalid_message', read) : success(read);
}

/** Whether a client declared all that an ask takes. `elicitation: {}` means forms (MCP 2025-11-25). */
export function declares(capabilities: JsonObject, takes: Asked['takes']): boolean {
  return takes.every((path) => {
    if (path[0] === 'elicitation' && path[1] === 'form') return offersForms(capabilities);
    let at: unknown = capabilities;
    for (const name of path)
      at = isObject(at as JsonObject) && Object.hasOwn(at as JsonObject, name) ? (at as JsonObject)[name] : undefined;
    return isObject(at as JsonObject);
  });
}

function offersForms({ elicitation }: JsonObject): boolean {
  return isObject(elicitation) && (elicitation['form'] !== undefined || elicitation['url'] === undefined);
}
