/**
 * What policies may talk about. Validation against it at load finds a misspelt attribute before it can decide anything; requests are
 * checked against it too. `context` holds facts that the engine computed: policies never parse a scope.
 */
export const POLICY_SCHEMA = `entity Role;
entity Principal in [Role] = { "tenant": String };
entity Tool = { "tenant": String, "server": String, "name": String, "effect": String };
action "discover", "call" appliesTo {
  principal: [Principal],
  resource: [Tool],
  context: { "inScope": Bool, "methodInScope": Bool }
};
`;
