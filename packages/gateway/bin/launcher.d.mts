export const NODE_FLAGS: readonly string[];
export function fits(version: string): boolean;
export function bundledPackage(platform: string, arch: string): string;
export interface Candidates {
  readonly own: string;
  readonly version: string;
  readonly bundled: string | null;
  readonly npm: string | null;
  readonly npmAgent: string | undefined;
}
export function chooseNode(candidates: Candidates): string | null;
export function launch(script: string, args: readonly string[], options?: { readonly watched?: boolean }): void;
