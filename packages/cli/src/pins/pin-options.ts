import { Option } from 'commander';

import type { OpenTransport } from '../client-transport.ts';
import type { RecordLevel } from '../log/logger.ts';
import type { Paint } from '../terminal.ts';
import { PinFile, pinsPath } from './pin-file.ts';
import { PinnedTransport } from './pinned-transport.ts';
import type { Refusal } from './refusal.ts';

const modes = ['warn', 'block', 'off'] as const;

/** What is done when a server shows something else than before. */
export type PinMode = (typeof modes)[number];

export function pinOption(): Option {
  return new Option(
    '--pins <mode>',
    'when a tool is not as it was first: warn, block calls of it, or off to keep no pins',
  )
    .choices(modes)
    .default('warn');
}

export interface PinnedOptions {
  mode: PinMode;
  /** Of the server, hex. */
  pubkey: string;
  /** Of the server, as a command takes it. */
  address: string;
  refusal: Refusal;
  hidesUnseen: boolean;
  onnews: (level: RecordLevel, line: string) => void;
  paint?: Paint;
}

/** The same transports, which watch what the server shows. */
export function pinned(open: OpenTransport, { mode, pubkey, ...options }: PinnedOptions): OpenTransport {
  if (mode === 'off') return open;
  return () => {
    const file = new PinFile(pinsPath(pubkey), (problem) => options.onnews('warn', problem));
    return new PinnedTransport({ ...options, open, mode, file });
  };
}
