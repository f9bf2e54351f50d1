export type AccessBookErrorCode = 'bad_access_book' | 'access_book_full';

/** A book that cannot be read, a rule that is none, or no room for one more entry. */
export class AccessBookError extends Error {
  override readonly name = 'AccessBookError';
  readonly code: AccessBookErrorCode;

  constructor(code: AccessBookErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
