export { type BareMessage, decodeBare, encodeBare, isBare } from './bare-message.ts';
export { type Introduction, introductionTags, readIntroduction } from './introduction.ts';
export { contextvmLimits } from './limits.ts';
export { type FrameFamily, frameFamily, tokenText } from './progress-frame.ts';
export { StreamAssembly } from './stream-assembly.ts';
export {
  formatStreamFrame,
  parseStreamFrame,
  type StreamChunk,
  type StreamClose,
  type StreamFrame,
  StreamNumbering,
  type StreamPart,
} from './stream-frame.ts';
export {
  type PaymentError,
  type PaymentNews,
  type PaymentRequest,
  paymentRequestJson,
  readPaymentError,
  readPaymentNews,
  readPaymentRequest,
} from './payment.ts';
export {
  isPaymentInteraction,
  isPmi,
  learnSupport,
  noSupport,
  type PaymentInteraction,
  type PeerSupport,
  readSupport,
  supportTags,
} from './support.ts';
export { TransferAssembly } from './transfer-assembly.ts';
export {
  formatTransferFrame,
  parseTransferFrame,
  type TransferFrame,
  type TransferStart,
} from './transfer-frame.ts';
export { sha256Hex, splitTwiceEscaped, transferFrames } from './transfer-split.ts';
