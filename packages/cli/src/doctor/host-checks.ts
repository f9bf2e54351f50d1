import { describeError, exitCodes } from '../errors.ts';
import {
  HOST_PATIENCE_MS,
  type Presence,
  startAsHost,
  type Started,
  type StartLimits,
} from '../host-start/start-as-host.ts';
import { type ConfiguredEntry, type HostConfig, hostConfig, hostConfigs } from '../install/host-configs.ts';
import type { Host } from '../install/hosts.ts';
import { findCommand } from '../serve/find-command.ts';
import { formatDuration, oneLine } from '../terminal.ts';
import { type Check, Findings } from './check.ts';
import { isSupportedNode, LEAST_NODE, nodeVersionOf } from './node-version.ts';
import { serverName } from './server-name.ts';

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
export async function checkHost(host: Host, limits: StartLimits): Promise<Check[]> {
  const findings = new Findings('host', host.id);
  const config = hostConfig(host);
  if (!checkFile(findings, config)) return findings.checks;
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
  try {
    const timeoutMs = Math.max(limits.timeoutMs, HOST_PATIENCE_MS);
    const started = await startAsHost(entry, { ...limits, timeoutMs });
    addStart(findings, name, started);
    for (const presence of started.servers) addPresence(findings, name, presence);
  } catch (error) {
    const hint = doctorFor(entry.args[entry.args.indexOf('connect') + 1]);
    findings.fail('start', `${name}: ${describeError(error).message}`, {
      hint,
      exitCode: exitCodes.unreachable,
    });
  }
}

function addStart(
  findings: Findings,
  name: string,
  { serverName: server, serverVersion: version, tools, answeredMs, endedMs }: Started,
): void {
  const shown = serverName({ name: server, version });
  const count = tools === 1 ? '1 tool' : `${tools} tools`;
  const answered = `${name}: ${shown} answered the host in ${formatDuration(answeredMs)}, with ${count}`;
  if (endedMs !== undefined)
    return findings.ok('start', `${answered}, and ended in ${formatDuration(endedMs)}`);
  findings.fail('start', `${answered}, but did not end with its input`, {
    hint: installAgain,
    exitCode: exitCodes.unexpected,
  });
}

/** What is kept of a server answers a host while the server is away. */
function addPresence(findings: Findings, name: string, { address, prefix, params, absence }: Presence): void {
  const server = prefix === undefined ? 'the server' : `the server ${prefix}`;
  const hint = doctorFor(address);
  if (params === undefined) {
    const why = 'nothing can be asked through this entry that only the server itself would answer';
    findings.warn('server', `${name}: ${server} may be there or not: ${why}`, hint);
  } else if (absence !== undefined) {
    findings.fail('server', `${name}: ${server} was not reached: ${oneLine(absence.message, 300)}`, {
      hint,
      exitCode: absence.code === 'timed_out' ? exitCodes.unreachable : absence.exitCode,
    });
  }
}

function doctorFor(address: string | undefined): string {
  return `mcp-nostr doctor ${oneLine(address ?? '<address>', 400)}`;
}
