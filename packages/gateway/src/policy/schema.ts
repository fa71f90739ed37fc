/**
 * What policies may talk about. Validation against it at load finds a misspelt attribute before it can decide anything; requests are
 * checked against it too. `context` holds facts that the engine computed: policies never parse a scope.
 *
 * `name` is what the server calls it: of a resource its URI, of a template its `uriTemplate`. A resource stands in the template that makes
 * it, and everything in its server, so that a policy may name one server, one template or one thing.
 *
 * `dataClass` and `environment` are the operator's labels, empty where there is none.
 *
 * `purpose` is what the credential was issued for, and empty where it was issued for nothing in particular. `time` is the minute in which it is decided, in UTC: `now` as its first moment, `weekday` as "monday" to "sunday", `minuteOfDay` from 0 to 1439.
 */
export const POLICY_SCHEMA = `entity Role;
entity Principal in [Role] = { "tenant": String, "purpose": String };
entity Server = { "tenant": String };
entity Tool in [Server] = { "tenant": String, "server": String, "name": String, "effect": String, "dataClass": String, "environment": String };
entity Prompt in [Server] = { "tenant": String, "server": String, "name": String, "effect": String, "dataClass": String, "environment": String };
entity ResourceTemplate in [Server] = { "tenant": String, "server": String, "name": String, "effect": String, "dataClass": String, "environment": String };
entity Resource in [ResourceTemplate, Server] = { "tenant": String, "server": String, "name": String, "effect": String, "dataClass": String, "environment": String };
action "discover", "call" appliesTo {
  principal: [Principal],
  resource: [Tool, Prompt, ResourceTemplate, Resource],
  context: {
    "inScope": Bool,
    "methodInScope": Bool,
    "time": { "now": datetime, "weekday": String, "minuteOfDay": Long },
    "arguments": {}
  }
};
`;

/** The schema with the arguments of one tool, as Cedar writes their type. */
export const schemaWith = (schema: string, type: string): string => schema.replace('"arguments": {}', () => `"arguments": ${type}`);
