import type { HostEntry } from '../own-entry.ts';

/** Where a server stands in a configuration: `mcpServers`, and its name. */
export interface Place {
  container: string;
  name: string;
}

/** Edits one kind of file as text: what is not the server's keeps every character. */
export interface ConfigFormat {
  /** @throws {CliError} `host_config` with the line, for a text that does not parse */
  parse(text: string): Record<string, unknown>;
  /** Adds a server, or changes these keys of one that is there. */
  set(text: string, place: Place, entry: HostEntry): string;
  /** Takes a server out that is there. */
  remove(text: string, place: Place): string;
}
