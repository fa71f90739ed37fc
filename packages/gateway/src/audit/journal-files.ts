/** What the journal asks of a disk. Every method rejects when the system reports an error; nothing is retried below this line. */
export interface JournalFiles {
  /** Creates the directory, readable by its owner only, with a durable entry in its parent. One that exists is fine. */
  makeDirectory(path: string): Promise<void>;
  /** Names, not paths; empty where the directory does not exist. */
  list(path: string): Promise<readonly string[]>;
  /** A new file; rejects where one exists. */
  create(path: string): Promise<JournalFile>;
  /** An existing file, for reading and durable writes. */
  open(path: string): Promise<JournalFile>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Makes creations, renames and removals in a directory durable. */
  syncDirectory(path: string): Promise<void>;
}

export interface JournalFile {
  /** Bytes. */
  size(): Promise<number>;
  /** Resolves with the bytes written, once they and all before them at this position are durable. */
  writeDurably(data: Uint8Array, position: number): Promise<number>;
  /** Resolves with the bytes written; they are durable after `sync`. */
  write(data: Uint8Array, position: number): Promise<number>;
  sync(): Promise<void>;
  /** Fills `into` as far as the file goes and resolves with the bytes read. */
  read(into: Uint8Array, position: number): Promise<number>;
  close(): Promise<void>;
}
