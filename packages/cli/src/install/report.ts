import { homedir } from 'node:os';
import { basename } from 'node:path';

import type { ErrorReport } from '../errors.ts';
import { formatDuration, oneLine, type Paint } from '../terminal.ts';
import type { Host } from './hosts.ts';
import type { Started } from '../host-start/start-as-host.ts';
import type { Change } from './plan.ts';
import { unifiedDiff } from './unified-diff.ts';

/** What has become of one host, as `--json` prints it. */
export interface HostOutcome {
  client: string;
  file: string;
  names: string[];
  change: Change['kind'] | 'failed';
  backup?: string;
  diff?: string;
  error?: Omit<ErrorReport, 'exitCode'>;
}

const plain: Paint = (_style, text) => text;

export function outcomeOf({ host, file, names, kind, text }: Change, backup?: string): HostOutcome {
  const diff = text === file.text ? undefined : unifiedDiff(file.path, file.text, text ?? '', plain);
  return {
    client: host.id,
    file: file.path,
    names,
    change: kind,
    ...(backup === undefined ? {} : { backup }),
    ...(diff === undefined ? {} : { diff }),
  };
}

export function failedOutcome(host: Host, path: string, { code, message, hint }: ErrorReport): HostOutcome {
  const error = { code, message, ...(hint === undefined ? {} : { hint }) };
  return { client: host.id, file: path, names: [], change: 'failed', error };
}

/** What is going to happen. */
export function formatChange({ host, file, names, kind, text }: Change, paint: Paint): string {
  const title = paint('bold', host.title);
  if (kind === 'same') return `${title}: "${names.join('", "')}" is there already\n`;
  return `${title}\n${unifiedDiff(shortPath(file.path), file.text, text ?? '', paint)}\n`;
}

/** What has happened. */
export function formatDone({ host, names, kind }: Change, backup: string | undefined, paint: Paint): string {
  const done = { add: 'added', replace: 'changed', same: 'was there', remove: 'removed' }[kind];
  const kept = backup === undefined ? '' : paint('dim', `; before: ${basename(backup)}`);
  const next = kind === 'remove' ? 'it forgets it when it is started again' : host.next(names[0] ?? '');
  return `${paint('green', '✓')} ${host.title}: ${names.join(', ')} ${done}; ${next}${kept}`;
}

export function formatFailed(host: Host, { message, hint }: ErrorReport, paint: Paint): string {
  return `${paint('red', '✗')} ${host.title}: ${message}${hint === undefined ? '' : paint('dim', `\n  ${hint}`)}`;
}

export function formatStarted(
  { serverName, serverTitle, serverVersion, tools, durationMs }: Started,
  paint: Paint,
): string {
  const name = oneLine(`${serverTitle ?? serverName ?? 'the server'} ${serverVersion ?? ''}`, 80);
  const count = `${tools} ${tools === 1 ? 'tool' : 'tools'}`;
  return `${paint('green', '✓')} started as a host does: ${name} · ${count} · ${formatDuration(durationMs)}`;
}

function shortPath(path: string): string {
  const home = homedir();
  return path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}
