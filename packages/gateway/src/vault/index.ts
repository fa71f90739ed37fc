export { openVault, type Vault, type VaultDeps } from './open-vault.ts';
