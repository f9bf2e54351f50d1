import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The file that a command names, looked for on the PATH as a shell does; undefined when there is none. */
export function findCommand(command: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (command.includes('/')) return isExecutable(command) ? command : undefined;
  // An empty entry stands for the current folder (POSIX, section 8.3).
  const folders = (env['PATH'] ?? '').split(delimiter).map((folder) => (folder === '' ? '.' : folder));
  return folders.map((folder) => join(folder, command)).find((path) => isExecutable(path));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
