/** A text as the file has it, with what its variables hold. */
export interface Expanded {
  text: string;
  /** The variables that were filled in from the environment, by name. */
  used: ReadonlyMap<string, string>;
}

/**
 * Fills in `${NAME}`, `${env:NAME}` and `${NAME:-default}`, as Claude Code, Cursor and VS Code write them. The default
 * is for a variable that is not set or empty.
 * @throws {Error} for one that is not set and has no default, and for what is none of these
 */
export function expandVariables(text: string, env: NodeJS.ProcessEnv): Expanded {
  const used = new Map<string, string>();
  const expanded = text.replace(/\$\{([^}]*)\}/g, (written, inside: string) => {
    const [, name, fallback] = /^(?:env:)?([A-Za-z_]\w*)(?::-(.*))?$/s.exec(inside) ?? [];
    if (name === undefined)
      throw new Error(`${written} is not understood; write \${NAME}, \${env:NAME} or \${NAME:-default}`);
    const value = env[name] ?? '';
    if (value !== '') {
      used.set(name, value);
      return value;
    }
    if (fallback !== undefined) return fallback;
    throw new Error(`the variable ${name} is not set in the environment in which mcp-nostr was started`);
  });
  return { text: expanded, used };
}
