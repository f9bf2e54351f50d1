import { listKeys } from '../list-keys.ts';
import { type Keychain, openKeychain } from './keychain.ts';

/** Takes the secret of a name out of the keychain, unless another name stands for the same. */
export async function forgetInKeychain(
  { name, npub }: { name: string; npub: string },
  { env = process.env, keychain = openKeychain() }: { env?: NodeJS.ProcessEnv; keychain?: Keychain } = {},
): Promise<void> {
  const keys = await listKeys(env);
  const isShared = keys.some((key) => key.store === 'keychain' && key.npub === npub && key.name !== name);
  if (!isShared) await keychain.delete(npub);
}
