export { buildSnapshot, type SnapshotContent } from './build-snapshot.ts';
export { type Composed, compose } from './compose.ts';
export {
  type Configuration,
  type NamedServer,
  plainConfiguration,
  type ReadyListener,
  readConfiguration,
  serverMistake,
} from './configuration.ts';
export { type ExplainedValue, explain } from './explain.ts';
export type { AccountPlan } from './file/accounts.ts';
export { explainFile, type PlacedValue } from './file/explain-file.ts';
export { followReferences, type Secrets } from './file/follow-references.ts';
export { hintsIn } from './file/hints.ts';
export { fileSchema } from './file/json-schema.ts';
export { LISTENERS } from './file/listeners.ts';
export type { LoadedFile, StagedApply } from './file/load.ts';
export { filesBeside, readPolicyFolders } from './file/policies.ts';
export type { NamedTable } from './file/policy-tests.ts';
export { readPolicyTests, readTable } from './file/policy-tests.ts';
export { type FilePlace, readConfigFile } from './file/read-file.ts';
export { membersOf } from './file/roles.ts';
export { type Mistake, type Mistakes, placeOf, sayMistake, tellMistake } from './mistake.ts';
export { movedListeners } from './moved-listeners.ts';
export { openSnapshots, type Snapshots } from './snapshots.ts';
export { contentOf, grantName, type StoredState, serversOwned, storedContent, storedContentAs } from './versions/content.ts';
export { type Authorship, type Note, openVersions, type Versions } from './versions/open-versions.ts';
export { effectsIn, fileOf, isWhole, type RestorableFile, type RestorableState, storedIn } from './versions/restore.ts';
export { type Change, differences, type Version, type VersionFacts } from './versions/version.ts';
