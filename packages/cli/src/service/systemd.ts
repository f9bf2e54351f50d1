import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

import type { ServiceDefinition } from './service-definition.ts';
import type { ServiceManager } from './service-manager.ts';

/** A unit of the user's own systemd. */
export const systemd: ServiceManager = {
  path: (name) => join(unitFolder(), unitName(name)),
  text: systemdUnit,
  start: (name) => [
    ['systemctl', '--user', 'daemon-reload'],
    ['systemctl', '--user', 'enable', unitName(name)],
    // Starts it too; one that ran before has the former command until now.
    ['systemctl', '--user', 'restart', unitName(name)],
  ],
  stop: (name) => [['systemctl', '--user', 'disable', '--now', unitName(name)]],
  forget: () => [['systemctl', '--user', 'daemon-reload']],
  state: (name) => ['systemctl', '--user', 'is-active', unitName(name)],
  hints: ({ name }) => [
    `its log:                    journalctl --user -u ${unitName(name)} -f`,
    'to run without your login:  loginctl enable-linger',
  ],
};

function unitName(name: string): string {
  return `mcp-nostr-${name}.service`;
}

/** systemd.unit(5), "User Unit Search Path". */
function unitFolder(): string {
  const given = process.env['XDG_CONFIG_HOME'] ?? '';
  return join(isAbsolute(given) ? given : join(homedir(), '.config'), 'systemd', 'user');
}

export function systemdUnit({
  name,
  words,
  folder,
  environment,
  environmentFile,
}: ServiceDefinition): string {
  const variables = Object.entries(environment).map(
    ([variable, value]) => `Environment=${quote(`${variable}=${value}`)}`,
  );
  return `[Unit]
Description=mcp-nostr ${name}

[Service]
ExecStart=${words.map((word) => quote(word).replaceAll('$', '$$$$')).join(' ')}
WorkingDirectory=${specifiers(folder)}
${variables.join('\n')}
EnvironmentFile=-${specifiers(environmentFile)}
Restart=on-failure
RestartSec=5
# A mistake in the arguments or in a file stays one until somebody corrects it.
RestartPreventExitStatus=2
# It ends its own children, and tells callers.
KillMode=mixed
TimeoutStopSec=10
# Its memory has a secret key in it.
LimitCORE=0

[Install]
WantedBy=default.target
`;
}

/** systemd.syntax(7), "Quoting". `$` is not for here: it has a meaning in `ExecStart` alone. */
function quote(word: string): string {
  return `"${specifiers(word).replace(/["\\]/g, String.raw`\$&`)}"`;
}

/** systemd.unit(5), "Specifiers": `%%` stands for a single one. */
function specifiers(text: string): string {
  return text.replaceAll('%', '%%');
}
