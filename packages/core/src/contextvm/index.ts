export {
  type AnnouncedList,
  type Announcement,
  announcementKinds,
  listKinds,
  readAnnouncement,
} from './announcement.ts';
export {
  announcementTemplates,
  profileTemplate,
  type ServerOffer,
  withdrawalTemplate,
} from './announcement-templates.ts';
export { type BareMessage, decodeBare, encodeBare, isBare } from './bare-message.ts';
export { type Introduction, introductionTags, readIntroduction } from './introduction.ts';
export { isKnock, knockTag } from './knock.ts';
export { contextvmLimits } from './limits.ts';
export {
  PAYMENT_REQUIRED,
  type PaymentError,
  type PaymentNotice,
  type PaymentRequest,
  type Price,
  readPaymentError,
  readPaymentNotice,
} from './payment.ts';
export { type FrameFamily, frameFamily, tokenText } from './progress-frame.ts';
export {
  COMMON_SCHEMA,
  commonSchemaMeta,
  type SchemaClaim,
  schemaHash,
  type ToolSchema,
} from './schema-hash.ts';
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
export { splitTwiceEscaped, transferFrames } from './transfer-split.ts';
