export { ENVELOPE_OVERHEAD } from './envelope.ts';
export { openVault, type Vault, type VaultDeps } from './open-vault.ts';
