// The package ships types that its `exports` hides from nodenext resolution. Only what this room uses is declared.
declare module 'better-sqlite3-multiple-ciphers' {
  export interface Statement {
    readonly reader: boolean;
    run(parameters: readonly unknown[]): { readonly changes: number; readonly lastInsertRowid: number | bigint };
    iterate(parameters: readonly unknown[]): IterableIterator<Record<string, unknown>>;
    safeIntegers(on: boolean): this;
  }
  // biome-ignore lint/style/noDefaultExport: it is how the package exports it.
  export default class Database {
    constructor(file: string, options?: { readonly timeout?: number; readonly fileMustExist?: boolean });
    readonly inTransaction: boolean;
    prepare(sql: string): Statement;
    exec(sql: string): this;
    pragma(text: string, options?: { readonly simple?: boolean }): unknown;
    key(key: Buffer): number;
    close(): this;
  }
}
