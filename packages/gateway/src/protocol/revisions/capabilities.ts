import type { JsonValue } from '../../contracts/json.ts';
import { isObject } from '../json-rpc.ts';

type Test = (value: JsonValue | undefined) => boolean;

const isBoolean: Test = (value) => typeof value === 'boolean';

/** An object whose members, where they are there, are what they should be. Others may stand beside them: the schema leaves them open. */
const having =
  (members: Readonly<Record<string, Test>>): Test =>
  (value) =>
    isObject(value) && Object.entries(members).every(([name, test]) => value[name] === undefined || test(value[name]));

const objectOfObjects: Test = (value) => isObject(value) && Object.values(value).every((member) => isObject(member));

/** `ClientCapabilities` of the published schemas (2025-03-26 to 2026-07-28): what one revision does not know yet has the shape of the later one. */
export const isClientCapabilities: Test = having({
  experimental: objectOfObjects,
  extensions: objectOfObjects,
  sampling: having({ context: isObject, tools: isObject }),
  elicitation: having({ form: having({ applyDefaults: isBoolean }), url: isObject }),
  roots: having({ listChanged: isBoolean }),
  tasks: having({
    list: isObject,
    cancel: isObject,
    requests: having({ sampling: having({ createMessage: isObject }), elicitation: having({ create: isObject }) }),
  }),
});
