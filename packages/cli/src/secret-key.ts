/** Whether a text carries an nsec or an encrypted one, or a good part of it. */
export function containsSecretKey(text: string): boolean {
  return /(?:nsec|ncryptsec)1[02-9ac-hj-np-z]{20}/i.test(text);
}
