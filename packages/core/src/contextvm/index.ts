export { type BareMessage, decodeBare, encodeBare, isBare } from './bare-message.ts';
export { type Introduction, introductionTags, readIntroduction } from './introduction.ts';
export { contextvmLimits } from './limits.ts';
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
