export { type Address, formatAddress, formatNpub, parseAddress, parseRelayUrl } from './address.ts';
export { canonicalJson } from './canonical-json.ts';
export { AddressError, type AddressErrorCode, DecodeError, type DecodeErrorCode } from './errors.ts';
export {
  eventId,
  eventJson,
  type EventTemplate,
  isHex32,
  isRecord,
  type NostrEvent,
  parseEvent,
  signEvent,
  tagValue,
  type UnsignedEvent,
  verifyEvent,
} from './event.ts';
export { type FailureCode, failureCodes, failureResponse, isFailureCode } from './failure.ts';
export {
  type Credentials,
  decodeFrame,
  encodeFrame,
  formatMessages,
  LINK_ONLY,
  type Frame,
  type MessagePart,
  type MessageSort,
  parseMessage,
  splitMessages,
} from './frame.ts';
export {
  type Grant,
  type GrantLimits,
  grantTemplate,
  type Paper,
  type PaperContext,
  parsePaper,
  readPaper,
  type Revocation,
  revocationTemplate,
} from './grant.ts';
export { newWrapKey, unwrapEvent, wrapEvent, wrapJson, type WrapKey, type WrapOptions } from './gift-wrap.ts';
export {
  cancelledId,
  isHarmless,
  isRequest,
  isRequestId,
  isResponse,
  type JsonRpcErrorResponse,
  type JsonRpcMessage,
  type JsonRpcNotification,
  type JsonRpcRequest,
  type JsonRpcResultResponse,
  parseJsonRpc,
  parseRequestId,
  type RequestId,
} from './json-rpc.ts';
export {
  ANNOUNCEMENT_KIND,
  AUTH_KIND,
  DELETION_KIND,
  EPHEMERAL_GIFT_WRAP_KIND,
  GIFT_WRAP_KIND,
  GRANT_KIND,
  isAddressable,
  isEphemeral,
  isReplaceable,
  MESSAGE_KIND,
  PROFILE_KIND,
  PROMPTS_KIND,
  RELAY_LIST_KIND,
  RESOURCE_TEMPLATES_KIND,
  RESOURCES_KIND,
  SUCCESSOR_KIND,
  TOOLS_KIND,
} from './kinds.ts';
export { isDeeperThan } from './json-depth.ts';
export { frameBytesFor, limits } from './limits.ts';
export {
  formatLinkTag,
  type LinkControl,
  type LinkTag,
  MAX_HELD_RANGES,
  type NumberRange,
  parseLinkTag,
} from './link-tag.ts';
export { claimedVersion, isProgressOf, metaKeys, metaOf, progressToken } from './mcp-meta.ts';
export { isDiscoverResult, isInitializeResult } from './mcp-results.ts';
export { randomHex } from './random-hex.ts';
export { readRelayList, relayListTemplate } from './relay-list.ts';
export { engineName, generateSecretKey, getPublicKey, verifyId } from './schnorr.ts';
export { parseSecretKey } from './secret-key.ts';
export { isListening, SessionReplay } from './session-replay.ts';
export { isSecretKeySigner, secretKeySigner, type Signer } from './signer.ts';
export { readSuccessor, type Succession, successorTemplate } from './successor.ts';
export { escapedBytes, escapedEnd, utf8Bytes } from './text-bytes.ts';
