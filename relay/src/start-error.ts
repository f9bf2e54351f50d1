export type RelayStartErrorCode =
  | 'bad_option'
  | 'bad_host'
  | 'port_in_use'
  | 'port_not_allowed'
  | 'listen_failed';

/** Why a relay did not start; the message says what to do. */
export class RelayStartError extends Error {
  override readonly name = 'RelayStartError';
  readonly code: RelayStartErrorCode;
  constructor(code: RelayStartErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What Node says of a failed `listen`, in terms of what the operator typed. */
export function listenError(cause: Error, host: string, port: number): RelayStartError {
  switch ('code' in cause ? cause.code : undefined) {
    case 'EADDRINUSE':
      return new RelayStartError(
        'port_in_use',
        `port ${port} on ${host} is taken by another program; stop it, or choose another port (0 takes any free one)`,
        { cause },
      );
    case 'EACCES':
    case 'EPERM':
      return new RelayStartError(
        'port_not_allowed',
        `port ${port} on ${host} needs more rights than this process has; choose one above 1023`,
        { cause },
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new RelayStartError(
        'bad_host',
        `${host} is no address of this machine; use 127.0.0.1 for local callers or 0.0.0.0 for all`,
        { cause },
      );
    default:
      return new RelayStartError('listen_failed', `cannot listen on ${host}:${port}: ${cause.message}`, {
        cause,
      });
  }
}
