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
  | 'config.owned_by_file'
  | 'config.version_unknown'
  /** A version of the history was changed, taken away or put in. */
  | 'config.history_damaged'
  /** What is stored is not what the newest version says, and nobody of ours changed it. */
  | 'config.changed_outside'
  /** The version cannot be had again as it was; the detail says what stands in the way. */
  | 'config.not_revertible';
