export type RegistryReason =
  | 'registry.server_unknown'
  | 'registry.server_taken'
  | 'registry.server_invalid'
  | 'registry.tool_unknown'
  | 'registry.tool.schema_dialect'
  | 'registry.tool.schema_too_large'
  | 'registry.tool.schema_invalid'
  | 'registry.tool.schema_too_slow'
  | 'registry.tool.definition_invalid'
  | 'registry.tool.too_many'
  | 'registry.arguments_invalid'
  | 'registry.result_invalid'
  | 'registry.validation_too_slow';
