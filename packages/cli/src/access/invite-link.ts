/** What `pair` and `install` take. The code is a secret. */
export function inviteLink(address: string, code: string): string {
  return `${address}?invite=${code}`;
}
