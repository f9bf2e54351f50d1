import { exitCodes } from '../errors.ts';
import type { Host } from '../install/hosts.ts';
import { findCommand } from '../serve/find-command.ts';
import { formatDuration, oneLine } from '../terminal.ts';
import { type Check, Findings } from './check.ts';
import { type ConfiguredEntry, type HostConfig, hostConfigs } from './host-configs.ts';
import { nodeVersionOf, startAsHost, type StartLimits } from './host-start.ts';
import { isSupportedNode, LEAST_NODE } from './node-version.ts';

/** Some hosts wait no longer for a server to start. */
const HOST_PATIENCE_MS = 30_000;

const installAgain = 'write it anew: mcp-nostr install <address>';

/** The hosts that have entries of ours, without starting anything. */
export function checkHosts(): Check[] {
  return hostConfigs().flatMap((config) => {
    if (config.problem === undefined && (config.entries ?? []).length === 0) return [];
    const findings = new Findings('host', config.host.id);
    checkFile(findings, config);
    for (const entry of config.entries ?? []) checkCommand(findings, entry);
    return findings.checks;
  });
}

/** One host: its file, and each entry of ours started as the host would. */
export async function checkHost({ id }: Host, limits: StartLimits): Promise<Check[]> {
  const findings = new Findings('host', id);
  const config = hostConfigs().find(({ host }) => host.id === id);
  if (config === undefined || !checkFile(findings, config)) return findings.checks;
  for (const entry of config.entries ?? []) await checkEntry(findings, entry, limits);
  return findings.checks;
}

function checkFile(findings: Findings, { host, file, entries, problem }: HostConfig): boolean {
  if (problem !== undefined) {
    findings.fail('config', `${file} cannot be read: ${oneLine(problem, 200)}`, {
      hint: 'correct the file; the host reads nothing of it as it is',
      exitCode: exitCodes.usage,
    });
    return false;
  }
  if (entries === undefined || entries.length === 0) {
    const what = entries === undefined ? `there is no ${file}` : `no server of ours in ${file}`;
    findings.warn('config', what, `put one there: mcp-nostr install <address> --client ${host.id}`);
    return false;
  }
  const names = entries.map(({ name }) => oneLine(name, 40)).join(', ');
  findings.ok('config', `${names} in ${file}`);
  return true;
}

function checkCommand(findings: Findings, { name, command, env }: ConfiguredEntry): string | undefined {
  const file = findCommand(command, env);
  if (file !== undefined) return file;
  const reason =
    findCommand(command) === undefined
      ? 'is not there, or may not be executed'
      : 'is on the PATH of this shell, which applications with a window do not have';
  findings.fail('command', `${oneLine(name, 40)}: the command ${oneLine(command, 100)} ${reason}`, {
    hint: installAgain,
    exitCode: exitCodes.usage,
  });
  return undefined;
}

async function checkEntry(findings: Findings, entry: ConfiguredEntry, limits: StartLimits): Promise<void> {
  const name = oneLine(entry.name, 40);
  const file = checkCommand(findings, entry);
  if (file === undefined) return;
  const version = await nodeVersionOf(file, entry.env, limits);
  if (version !== undefined && !isSupportedNode(version)) {
    findings.fail('node', `${name}: ${file} runs on Node ${version}, which is too old`, {
      hint: `${LEAST_NODE} is needed; ${installAgain}`,
      exitCode: exitCodes.usage,
    });
    return;
  }
  const address = entry.args[entry.args.indexOf('connect') + 1] ?? '<address>';
  const hint = `mcp-nostr doctor ${oneLine(address, 400)}`;
  try {
    const started = await startAsHost(entry, {
      ...limits,
      timeoutMs: Math.max(limits.timeoutMs, HOST_PATIENCE_MS),
    });
    const times = `${formatDuration(started.answeredMs)}, and ended in ${formatDuration(started.endedMs)}`;
    findings.ok('start', `${name}: ${started.name} answered the host in ${times}`);
    // What is kept of a server answers a host while the server is away.
    if (started.absence === undefined) return;
    const { message: why, exitCode } = started.absence;
    findings.fail('server', `${name}: the server was not reached: ${oneLine(why, 300)}`, { hint, exitCode });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    findings.fail('start', `${name}: ${message}`, { hint, exitCode: exitCodes.unreachable });
  }
}
