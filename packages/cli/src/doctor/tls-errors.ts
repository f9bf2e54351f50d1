import { TooSlow } from '../within.ts';

/** OpenSSL's names for what is wrong with a certificate, in words, and what its owner or visitor can do. */
const certificateFaults: Record<string, [message: string, hint: string]> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: [
    'the certificate is signed by itself, so anybody may have made it',
    'its operator needs one of a public authority; NODE_EXTRA_CA_CERTS=<file> trusts one more',
  ],
  SELF_SIGNED_CERT_IN_CHAIN: [
    'the certificate comes from an authority that this computer does not know',
    'does a proxy or virus scanner open connections here? NODE_EXTRA_CA_CERTS=<file> trusts its authority',
  ],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: [
    'the certificate comes without the ones between it and a known authority',
    'its operator has to send the whole chain',
  ],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: [
    'the certificate comes from an authority that this computer does not know',
    'its operator has to send the whole chain; NODE_EXTRA_CA_CERTS=<file> trusts one more authority',
  ],
  CERT_HAS_EXPIRED: [
    'the certificate has expired',
    'its operator has to renew it; is the clock of this computer right?',
  ],
  CERT_NOT_YET_VALID: ['the certificate is not valid yet', 'is the clock of this computer right?'],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    'the certificate is for another name',
    'is the name of the host spelled right?',
  ],
};

/** The cause of a failed TLS handshake, and what to do. */
export function describeTlsError(
  code: string,
  error: unknown,
  host: string,
): [message: string, hint: string] {
  const known = certificateFaults[code];
  if (known !== undefined) return [`${known[0]} (${code})`, known[1]];
  if (error instanceof TooSlow)
    return [error.message, `does ${host} speak TLS on this port? ws:// goes without`];
  if (code === 'ECONNRESET' || code.startsWith('ERR_SSL') || code === 'EPROTO') {
    return [`there is no TLS on this port (${code})`, 'ws:// goes without; is the port right?'];
  }
  return [
    code,
    'is the address right? its operator can test the certificate with: openssl s_client -connect <host>:443',
  ];
}
