import { listKeys } from '../list-keys.ts';
import { type Keychain, openKeychain } from './keychain.ts';

/** Takes a secret out of the keychain, unless another name stands for the same. Its file has to be gone before. */
export async function forgetInKeychain(
  npub: string,
  { env = process.env, keychain = openKeychain() }: { env?: NodeJS.ProcessEnv; keychain?: Keychain } = {},
): Promise<void> {
  const others = await listKeys(env);
  if (others.some((key) => key.store === 'keychain' && key.npub === npub)) return;
  await keychain.delete(npub);
}
