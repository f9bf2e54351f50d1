export { type BareMessage, decodeBare, encodeBare, isBare } from './bare-message.ts';
