/**
 * Asks once for equal content: what ships is the same for every tenant and every version, and Cedar takes ten milliseconds to say so again. Keyed by the
 * content itself, of which the latest `most` are kept.
 */
export function remembered<T>(most: number): (content: readonly unknown[], ask: () => T) => T {
  const answers = new Map<string, T>();
  return (content, ask) => {
    const key = JSON.stringify(content);
    const held = answers.get(key);
    if (held !== undefined) return held;
    const answer = ask();
    if (answers.size >= most) answers.delete(answers.keys().next().value ?? '');
    answers.set(key, answer);
    return answer;
  };
}
