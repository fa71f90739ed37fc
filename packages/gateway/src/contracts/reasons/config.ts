export type ConfigReason =
  | 'config.not_built'
  | 'config.weaker_than_guide'
  | 'config.invalid'
  | 'config.deviation_expired'
  | 'config.no_deviation_possible'
  /** The file cannot be read, or is not YAML as it is read here. */
  | 'config.unreadable'
  | 'config.literal_secret'
  /** What an `env:` or `file:` reference names is not there, or others can read it. */
  | 'config.secret_unavailable'
  /** The file names the object, so only the file changes it. */
  | 'config.owned_by_file';
