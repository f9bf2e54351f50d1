/** Why bytes from outside were not taken. A `DecodeError` never ends a connection. */
export type DecodeErrorCode =
  | 'bad_event'
  | 'too_large'
  | 'wrong_kind'
  | 'wrong_recipient'
  | 'bad_signature'
  | 'not_decryptable'
  | 'bad_link'
  | 'bad_json'
  | 'bad_json_rpc'
  | 'bad_grant'
  | 'grant_expired'
  | 'bad_successor'
  | 'bad_transfer'
  | 'bad_stream'
  | 'bad_schema';

export class DecodeError extends Error {
  override readonly name = 'DecodeError';
  readonly code: DecodeErrorCode;
  constructor(code: DecodeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export type AddressErrorCode = 'bad_address' | 'secret_key_given' | 'bad_relay_url' | 'bad_secret_key';

/** What a person gave as an address, a relay or a key cannot be used; the message says what to do. */
export class AddressError extends Error {
  override readonly name = 'AddressError';
  readonly code: AddressErrorCode;
  constructor(code: AddressErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
