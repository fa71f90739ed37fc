export type ConfigReason =
  | 'config.not_built'
  | 'config.weaker_than_guide'
  | 'config.invalid'
  | 'config.deviation_expired'
  | 'config.no_deviation_possible';
