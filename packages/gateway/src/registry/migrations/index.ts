import type { Migration } from '../../storage/index.ts';
import { createServersAndPins } from './0001-servers-and-pins.ts';
import { pinsOfEveryKind } from './0002-pins-of-every-kind.ts';
import { limitsOfServers } from './0003-limits.ts';
import { labelsOfServers } from './0004-labels.ts';

export const REGISTRY_MIGRATIONS: readonly Migration[] = [createServersAndPins, pinsOfEveryKind, limitsOfServers, labelsOfServers];
