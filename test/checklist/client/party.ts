import { Recorder } from '../../helpers/recorder.ts';
import type { Params, Result } from '../server/context.ts';
import type { Key } from '../ground.ts';
import type { Line, Tap } from './tap.ts';

interface CallOptions {
  signal?: AbortSignal;
  timeout?: number;
  maxTotalTimeout?: number;
  resetTimeoutOnProgress?: boolean;
  onprogress?: (report: { progress: number; message?: string | undefined }) => void;
}

interface ServerView {
  info: object | undefined;
  instructions: string | undefined;
  capabilities: object | undefined;
}

/** A listen of the modern era. */
interface Subscription {
  readonly honored: object;
  readonly closed: Promise<string>;
  close: () => Promise<void>;
}

/** A client of either SDK that has connected. */
export interface Party {
  readonly key: Key;
  readonly line: Line;
  readonly tap: Tap;
  readonly notifications: Recorder<{ method: string; params: Params }>;
  readonly errors: Recorder<Error>;
  /** Once for each time that `onclose` came. */
  readonly closes: Recorder<string>;
  /** What it answers to the server's requests, by method. */
  readonly answers: Map<string, (params: Params) => Result | Promise<Result>>;
  request: (method: string, params?: Params, options?: CallOptions) => Promise<Result>;
  /** As `request`, with whatever the SDK's own method for tools does besides. */
  callTool: (name: string, args?: Params, options?: CallOptions) => Promise<Result>;
  /** After this the SDK checks results by the schemas of their tools. */
  listTools: () => Promise<unknown>;
  notify: (method: string, params?: Params) => Promise<void>;
  listen: (filter: object) => Promise<Subscription>;
  server: () => ServerView;
  close: () => Promise<void>;
}

export const asked = ['sampling/createMessage', 'elicitation/create', 'roots/list'] as const;

export function recorders(): Pick<Party, 'notifications' | 'errors' | 'closes' | 'answers'> {
  return {
    notifications: new Recorder('a notification'),
    errors: new Recorder('an error of the client'),
    closes: new Recorder('the close of a client'),
    answers: new Map(),
  };
}

/** The text of a tool's answer. */
export function textOf(result: Result): string {
  const [content] = (result['content'] ?? []) as { text?: string }[];
  return content?.text ?? '';
}
