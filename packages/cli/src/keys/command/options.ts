import type { KeyName } from '../../key-file.ts';
import type { OwnStore } from '../key-folder.ts';

export interface JsonOption {
  json?: boolean;
}

export interface NewOptions extends JsonOption {
  store?: OwnStore;
}

export interface ImportOptions extends NewOptions {
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
