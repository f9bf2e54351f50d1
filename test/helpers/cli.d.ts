import { type ChildProcessWithoutNullStreams } from 'node:child_process';
export declare const root: string;
/** The words before the arguments that run `mcp-nostr`: the file that ships, which `helpers/built-cli.ts` makes. */
export declare const cliWords: string[];
export interface Ended {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}
export interface CliPlace {
  /** What runs `mcp-nostr`. @default the file that ships */
  words?: readonly string[];
  folder?: string;
}
/** One command line in a process of its own. */
export declare class CliRun {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Ended>;
  stdout: string;
  stderr: string;
  constructor(args: readonly string[], env: NodeJS.ProcessEnv, place?: CliPlace);
  /** The first line of stdout that is a JSON object with this event. Rejects when the process ends before. */
  event(name: string): Promise<Record<string, unknown>>;
  /** What the groups of a pattern match in stderr, as soon as they do. Rejects when the process ends before. */
  printed(pattern: RegExp): Promise<string[]>;
  stop(): Promise<Ended>;
}
//# sourceMappingURL=cli.d.ts.map
