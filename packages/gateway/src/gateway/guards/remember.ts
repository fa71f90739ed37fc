const MOST = 256;
/** Longer texts are judged each time: remembering them would let a stranger choose how much is kept. */
const LONGEST = 256;

/** Remembers what a pure check said of the header texts seen lately: clients send the same few with every request. */
export function remember<T>(check: (text: string) => T): (text: string | undefined) => T | null {
  const known = new Map<string, T>();
  return (text) => {
    if (text === undefined) return null;
    const before = known.get(text);
    if (before !== undefined) return before;
    const verdict = check(text);
    if (text.length > LONGEST) return verdict;
    if (known.size >= MOST) known.clear();
    known.set(text, verdict);
    return verdict;
  };
}
