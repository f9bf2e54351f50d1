import { usageError } from '../../errors.ts';
import { HTTP_TOKEN } from '../../http-token.ts';

/** Who calls, unless the operator gives the header another name. */
export const defaultCallerHeader = 'x-mcp-nostr-caller';

/** What HTTP, MCP's transport or the message itself decides. */
const RESERVED =
  /^(accept|connection|content-.*|expect|host|keep-alive|last-event-id|mcp-(method|name|param-.*|protocol-version|session-id)|te|trailer|transfer-encoding|upgrade)$/;

/** A name from `--caller-header`. @throws {CliError} */
export function parseCallerHeader(name: string): string {
  const lower = name.toLowerCase();
  if (!HTTP_TOKEN.test(name)) throw usageError(`${JSON.stringify(name)} is no name of an HTTP header`);
  if (RESERVED.test(lower) || lower === 'authorization' || lower === 'cookie')
    throw usageError(`--caller-header cannot be ${lower}: it has a meaning of its own`);
  return lower;
}

/**
 * The lines of `--header`, each `Name: value` with `${VARIABLE}` for what is in the environment. Values are in no error.
 * @throws {CliError}
 */
export function parseHeaders(
  lines: readonly string[],
  callerHeader: string,
  env: NodeJS.ProcessEnv,
): Record<string, string> {
  const pairs = lines.map((line) => {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).trim();
    if (!HTTP_TOKEN.test(name)) {
      throw usageError(
        'a --header is not of the form "Name: value"',
        "as in --header 'Authorization: Bearer ${TOKEN}', in single quotes",
      );
    }
    return [name, fillIn(name, line.slice(colon + 1), env)] as const;
  });
  return checkHeaders(pairs, callerHeader, '--header');
}

/**
 * The operator's headers, by their names in lower case. `what` is how the person calls one of them.
 * @throws {CliError}
 */
export function checkHeaders(
  pairs: Iterable<readonly [name: string, value: string]>,
  callerHeader: string,
  what: string,
): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [written, text] of pairs) {
    const name = written.toLowerCase();
    if (!HTTP_TOKEN.test(name))
      throw usageError(`${what} ${JSON.stringify(written)} is no name of an HTTP header`);
    if (name === callerHeader)
      throw usageError(`${what} cannot set ${name}: it says who calls, and only the gateway knows`);
    if (RESERVED.test(name)) throw usageError(`${what} cannot set ${name}: it follows from the message`);
    if (Object.hasOwn(headers, name)) throw usageError(`${what} sets ${name} twice`);
    const value = text.trim();
    // RFC 9110, section 5.5; with a line feed one header could become two.
    if (value === '' || !/^[\x20-\x7e\t]+$/.test(value))
      throw usageError(`the value of ${what} ${name} is empty, or has characters other than visible ASCII`);
    headers[name] = value;
  }
  return headers;
}

function fillIn(name: string, text: string, env: NodeJS.ProcessEnv): string {
  return text.replace(/\$\{([^}]*)\}/g, (_match, variable: string) => {
    const found = env[variable];
    if (found !== undefined && found !== '') return found;
    throw usageError(
      `the variable ${variable} that --header ${name.toLowerCase()} names is not set`,
      'set it in the environment in which mcp-nostr is started',
    );
  });
}
