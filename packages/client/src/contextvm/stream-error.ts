/**
 * Why a stream ended before its end. `aborted`: the server gave it up. `request_failed`: so did the request that it
 * belongs to, or it was cancelled. `incomplete`: some of it is missing. `unread`: more has come than may wait for its
 * reader. `silent`: the server is not heard any more. `bad_stream`: what came cannot be read. `closed`: the transport is.
 */
export type StreamErrorCode =
  | 'aborted'
  | 'request_failed'
  | 'incomplete'
  | 'unread'
  | 'silent'
  | 'bad_stream'
  | 'closed';

export class StreamError extends Error {
  override readonly name = 'StreamError';
  readonly code: StreamErrorCode;
  constructor(code: StreamErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
