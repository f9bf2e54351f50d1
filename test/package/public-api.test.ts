import * as client from '@mcp-nostr/client';
import * as core from '@mcp-nostr/core';
import * as relay from '@mcp-nostr/relay';
import * as server from '@mcp-nostr/server';
import * as transport from '@mcp-nostr/transport';
import * as cli from 'mcp-nostr';
import { describe, expect, it } from 'vitest';

/** Every value that can be imported. A name more or less is a decision: it changes this list in the same commit. */
const names = {
  core: [
    'AUTH_KIND',
    'AddressError',
    'DecodeError',
    'EPHEMERAL_GIFT_WRAP_KIND',
    'GIFT_WRAP_KIND',
    'MAX_HELD_RANGES',
    'MESSAGE_KIND',
    'RELAY_LIST_KIND',
    'SessionReplay',
    'cancelledId',
    'claimedVersion',
    'decodeFrame',
    'encodeFrame',
    'engineName',
    'escapedBytes',
    'escapedEnd',
    'eventId',
    'eventJson',
    'failureCodes',
    'failureResponse',
    'formatAddress',
    'formatLinkTag',
    'formatMessages',
    'formatNpub',
    'frameBytesFor',
    'generateSecretKey',
    'getPublicKey',
    'isAddressable',
    'isEphemeral',
    'isFailureCode',
    'isHarmless',
    'isHex32',
    'isListening',
    'isRecord',
    'isReplaceable',
    'isRequest',
    'isRequestId',
    'isResponse',
    'limits',
    'metaKeys',
    'metaOf',
    'newWrapKey',
    'parseAddress',
    'parseEvent',
    'parseJsonRpc',
    'parseLinkTag',
    'parseMessage',
    'parseRelayUrl',
    'parseSecretKey',
    'progressToken',
    'randomHex',
    'secretKeySigner',
    'signEvent',
    'splitMessages',
    'tagValue',
    'unwrapEvent',
    'utf8Bytes',
    'verifyEvent',
    'verifyId',
    'wrapEvent',
    'wrapJson',
  ],
  transport: [
    'Courier',
    'Endpoint',
    'Link',
    'RelayError',
    'RelayPool',
    'TaskQueue',
    'TransportError',
    'UnfinishedMessages',
    'atMost',
    'checkMessageSize',
    'linkLimits',
  ],
  client: ['NostrClientTransport', 'defaultLookupRelays', 'findRelays'],
  server: ['NostrServerTransport', 'serve'],
  relay: ['RelayStartError', 'defaultLimits', 'startRelay'],
  'mcp-nostr': ['main'],
};

describe('the public names', () => {
  it.each([
    ['core', core],
    ['transport', transport],
    ['client', client],
    ['server', server],
    ['relay', relay],
    ['mcp-nostr', cli],
  ] as const)('of %s are the ones listed here', (name, module) => {
    expect(Object.keys(module).sort()).toEqual(names[name]);
  });
});
