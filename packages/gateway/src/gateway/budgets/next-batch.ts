/** Takes at most `most` out of a queue, of each name the first alone: one statement cannot write a row twice, and who made the second knows less than the first. */
export function nextBatch<T>(queue: Set<T>, nameOf: (one: T) => string, most: number): readonly T[] {
  const batch = new Map<string, T>();
  for (const one of queue) {
    if (batch.size >= most) break;
    const name = nameOf(one);
    if (!batch.has(name)) batch.set(name, one);
  }
  for (const one of batch.values()) queue.delete(one);
  return [...batch.values()];
}
