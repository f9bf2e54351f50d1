import { usageError } from '../../errors.ts';
import { serverKeyPath } from '../../key-file.ts';
import { defaultCallerHeader, parseCallerHeader } from '../http-server/request-headers.ts';
import { limitsOf, openServed, type Served, type ServeSettings } from '../served.ts';
import { printerFor, type ServePrinter } from '../print-serve.ts';
import { type Changes, ServedSet } from './served-set.ts';
import { configError, parseServersFile, type ServersFile } from './servers-file.ts';
import { FileWatch, readSmallFile } from './watch-file.ts';

export interface ServersFileOptions {
  path: string;
  /** Only these, if any. */
  names: readonly string[];
  callerHeader: string | undefined;
  settings: ServeSettings;
  printer: ServePrinter;
}

/**
 * Serves what a file asks for, as it changes. From then on nothing in the file ends it: what cannot be read leaves all
 * as it is, and a server that cannot be served leaves the others alone.
 * @throws {CliError} when the file cannot be read at the start
 */
export async function openServersFile(options: ServersFileOptions): Promise<Served> {
  const { path, names, settings, printer } = options;
  const callerHeader = parseCallerHeader(options.callerHeader ?? defaultCallerHeader);
  const parse = (text: string): ServersFile =>
    only(names, parseServersFile(text, { path, callerHeader, env: process.env }));
  const text = readAtStart(path);
  const file = parse(text);
  checkNames(names, file, path);
  printer.several({
    file: path,
    names: [...file.servers.keys(), ...file.problems.keys()],
    access: settings.access,
    limits: limitsOf(settings),
    filter: settings.filter,
    servesContextvm: settings.contextvm !== false,
  });

  const set = new ServedSet({
    open: (name, entry) =>
      openServed({ ...settings, entry, name, key: serverKeyPath(name), printer: printerFor(name, printer) }),
    onproblem: (name, message) => printer.problem(message, name),
    onclosed: (name) => printer.closed(name),
  });
  const apply = ({ servers, problems }: ServersFile): Changes => {
    for (const problem of problems.values()) printer.problem(problem);
    // What was right before and is wrong now goes on as it was.
    return set.apply(servers, new Set(problems.keys()));
  };
  apply(file);
  const watch = new FileWatch({
    path,
    text,
    onchange: (changed) => {
      try {
        printer.note('info', `${path} was read again: ${describe(apply(parse(changed)))}`);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        printer.problem(`${reason}; all servers go on as before`);
      }
    },
    onproblem: (message) => printer.problem(`${message}; all servers go on as before`),
  });
  return {
    kill: () => set.kill(),
    close: async () => {
      watch.close();
      await set.close();
    },
  };
}

function readAtStart(path: string): string {
  try {
    return readSmallFile(path);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw configError(
      message,
      'a file as in {"mcpServers": {"files": {"command": "npx", "args": ["…"]}}}',
      error,
    );
  }
}

function only(names: readonly string[], { servers, disabled, problems }: ServersFile): ServersFile {
  if (names.length === 0) return { servers, disabled, problems };
  return {
    servers: new Map([...servers].filter(([name]) => names.includes(name))),
    disabled: disabled.filter((name) => names.includes(name)),
    problems: new Map([...problems].filter(([name]) => names.includes(name))),
  };
}

function checkNames(
  names: readonly string[],
  { servers, disabled, problems }: ServersFile,
  path: string,
): void {
  const unknown = names.find((name) => !servers.has(name) && !problems.has(name) && !disabled.includes(name));
  if (unknown !== undefined) throw usageError(`there is no server ${JSON.stringify(unknown)} in ${path}`);
}

/** `1 added (files), 2 changed (a, b)` */
function describe({ added, changed, removed }: Changes): string {
  const parts = Object.entries({ added, changed, removed })
    .filter(([, names]) => names.length > 0)
    .map(([what, names]) => `${names.length} ${what} (${names.join(', ')})`);
  return parts.length === 0 ? 'nothing that is served has changed' : parts.join(', ');
}
