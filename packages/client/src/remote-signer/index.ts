export {
  type ConnectBunkerOptions,
  connectBunker,
  type RemoteSignerOptions,
  resumeRemoteSigner,
} from './connect-bunker.ts';
export type { RemoteTiming } from './limits.ts';
export { type ConnectionOffer, offerConnection, type OfferConnectionOptions } from './offer-connection.ts';
export { grantPermissions, messagePermissions } from './permissions.ts';
export type { RemoteSigner, RemoteSignerRecord } from './remote-signer.ts';
