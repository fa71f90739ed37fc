import { type Failure, failure } from '../base/result.ts';
import type { AdminDoors } from './doors.ts';

/** What the file names, the file owns (DESIGN section 2, 14): refused with the line where it is changed. Null where storage holds it. */
export function refuseOwned(
  { configuring }: Pick<AdminDoors, 'configuring'>,
  kind: 'server' | 'grant' | 'account',
  id: string,
): Failure<'config.owned_by_file'> | null {
  const line = configuring.ownerOf(kind, id);
  return line === null ? null : failure('config.owned_by_file', line);
}
