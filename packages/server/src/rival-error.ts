/** For the operator: clients talk to either. */
export function rivalError(npub: string): Error {
  return new Error(
    `another process serves ${npub} at the same time: clients are spread over both; stop one of them, or give it a key of its own`,
  );
}
