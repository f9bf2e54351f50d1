import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

import type { ServiceDefinition } from './service-definition.ts';
import type { ServiceManager } from './service-manager.ts';

/** An agent of the user's own launchd. */
export const launchd: ServiceManager = {
  path: (name) => join(homedir(), 'Library', 'LaunchAgents', `${label(name)}.plist`),
  text: launchdPlist,
  start: (name) => [
    ['launchctl', 'bootout', `${domain()}/${label(name)}`],
    ['launchctl', 'bootstrap', domain(), launchd.path(name)],
  ],
  stop: (name) => [['launchctl', 'bootout', `${domain()}/${label(name)}`]],
  forget: () => [],
  state: (name) => ['launchctl', 'print', `${domain()}/${label(name)}`],
  hints: ({ logFile }) => [`its log:  tail -f '${logFile}'`],
};

function label(name: string): string {
  return `mcp-nostr.${name}`;
}

function domain(): string {
  return `gui/${process.getuid?.() ?? 0}`;
}

export function launchdPlist(definition: ServiceDefinition): string {
  const { name, words, folder, environment, environmentFile, logFile } = definition;
  const [node = '', ...rest] = words;
  // launchd reads no such file, but Node does; it refuses one that is not there.
  const args = existsSync(environmentFile) ? [node, `--env-file=${environmentFile}`, ...rest] : words;
  const variables = Object.entries(environment).map(
    ([variable, value]) => `      <key>${escape(variable)}</key>\n      ${text(value)}`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
  <dict>
    <key>Label</key>
    ${text(label(name))}
    <key>ProgramArguments</key>
    <array>
${args.map((word) => `      ${text(word)}`).join('\n')}
    </array>
    <key>WorkingDirectory</key>
    ${text(folder)}
    <key>EnvironmentVariables</key>
    <dict>
${variables.join('\n')}
    </dict>
    <key>RunAtLoad</key>
    <true/>
    <key>KeepAlive</key>
    <dict>
      <key>SuccessfulExit</key>
      <false/>
    </dict>
    <key>SoftResourceLimits</key>
    <dict>
      <key>Core</key>
      <integer>0</integer>
    </dict>
    <key>HardResourceLimits</key>
    <dict>
      <key>Core</key>
      <integer>0</integer>
    </dict>
    <key>StandardOutPath</key>
    ${text(logFile)}
    <key>StandardErrorPath</key>
    ${text(logFile)}
  </dict>
</plist>
`;
}

function text(value: string): string {
  return `<string>${escape(value)}</string>`;
}

/** XML 1.0 knows no control characters, escaped or not. */
function escape(value: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what it is about
  const plain = value.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '');
  return plain.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
