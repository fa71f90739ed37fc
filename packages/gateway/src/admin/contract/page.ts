import { z } from 'zod';

/** One page of a list. `next` goes into `cursor` of the next request and is null on the last page. */
export const page = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), next: z.string().nullable() });

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}
