export const NODE_FLAGS: readonly string[];
export function fits(version: string): boolean;
export function bundledPackage(platform: string, arch: string): string;
export function findNode(from?: string): string | null;
export function launch(script: string, args: readonly string[], options?: { readonly watched?: boolean }): void;
