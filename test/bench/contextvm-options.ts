import { EncryptionMode, GiftWrapMode } from '@contextvm/sdk/core';

/** For both ends: always encrypted, in ephemeral gift wraps, nothing logged. */
export const options = {
  encryptionMode: EncryptionMode.REQUIRED,
  giftWrapMode: GiftWrapMode.EPHEMERAL,
  logLevel: 'silent',
} as const;
