import type { KeyName } from '../../key-file.ts';
import type { OwnStore } from '../key-folder.ts';

export interface JsonOption {
  json?: boolean;
}

export interface NewOptions extends JsonOption {
  store?: OwnStore;
}

/** What a remote signer is asked to allow: sessions, or each message. */
interface RemoteOptions {
  for?: KeyName;
}

export interface MakeOptions extends NewOptions, RemoteOptions {
  bunker?: boolean;
  relay?: string[];
}

export interface ImportOptions extends NewOptions, RemoteOptions {
  file?: string;
}

export interface ExportOptions extends JsonOption {
  unencrypted?: boolean;
  yes?: boolean;
}

export interface RotateOptions extends NewOptions {
  relay?: string[];
}

export interface UseOptions extends JsonOption {
  for: KeyName;
}

export interface RemoveOptions extends JsonOption {
  yes?: boolean;
}
