/**
 * What runs in the other process, as `node -e`: it is asked on stdin and answers on stdout, so that no secret is in an
 * argument. On Linux only the Secret Service will do: the library would fall back to the keyring of the kernel, which
 * forgets everything when the machine is restarted.
 */
export const keychainHelper = `
const { readFileSync } = require('node:fs');
const answer = (value) => process.stdout.write(JSON.stringify(value));
try {
  const { module, service, account, operation, secret } = JSON.parse(readFileSync(0, 'utf8'));
  const { Entry } = require(module);
  if (typeof Entry !== 'function') throw new Error('@napi-rs/keyring has another shape than expected');
  const entry = new Entry(service, account, { linux: { store: 'secret-service' } });
  if (operation === 'get') answer({ secret: entry.getPassword() });
  // Some say yes and keep nothing.
  else if (operation === 'set') answer((entry.setPassword(secret), { isKept: entry.getPassword() === secret }));
  else answer({ isDeleted: entry.deletePassword() });
} catch (error) {
  answer({ error: error instanceof Error ? error.message : String(error) });
}
`;
