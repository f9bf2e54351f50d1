import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** A secret and how it may be written. */
export class Secret {
  readonly name: string;
  readonly #plain: readonly string[];
  readonly #exact: readonly string[];

  private constructor(name: string, texts: readonly string[], bytes: readonly Buffer[]) {
    this.name = name;
    this.#plain = texts.map((text) => text.toLowerCase());
    // Without its end, which depends on what follows.
    this.#exact = bytes.flatMap((each) =>
      (['base64', 'base64url'] as const).map((form) => each.toString(form).slice(0, -3)),
    );
  }

  static ofKey(name: string, hex: string, nsec: string): Secret {
    const bytes = [Buffer.from(hex, 'hex'), Buffer.from(hex), Buffer.from(nsec)];
    // A good part of it is as bad as the whole.
    return new Secret(name, [hex.slice(0, 24), hex.slice(-24), nsec.slice(0, 28), nsec.slice(-28)], bytes);
  }

  static ofText(name: string, text: string): Secret {
    return new Secret(name, [text], [Buffer.from(text)]);
  }

  isIn(text: string): boolean {
    const lower = text.toLowerCase();
    return (
      this.#plain.some((each) => lower.includes(each)) || this.#exact.some((each) => text.includes(each))
    );
  }
}

/** Which secrets are in which texts, by the names of both. */
export function leaks(secrets: readonly Secret[], texts: ReadonlyMap<string, string>): string[] {
  return [...texts].flatMap(([place, text]) =>
    secrets.filter((secret) => secret.isIn(text)).map(({ name }) => `${name} in ${place}`),
  );
}

/** Every file below a folder. */
export function filesIn(folder: string): Map<string, string> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const files = paths.filter((path) => statSync(join(folder, path)).isFile());
  return new Map(files.map((path) => [path, readFileSync(join(folder, path), 'latin1')]));
}

/** Arguments and environment of a process and of all that it has started, as every user and the owner can read them. */
export function processesUnder(pid: number): Map<string, { arguments: string; environment: string }> {
  const found = new Map<string, { arguments: string; environment: string }>();
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
    const [, parent] = /\) \S (\d+)/.exec(read(Number(name), 'stat')) ?? [];
    if (parent !== undefined) parents.set(Number(name), Number(parent));
  }
  const isUnder = (each: number): boolean => {
    for (let at: number | undefined = each; at !== undefined; at = parents.get(at))
      if (at === pid) return true;
    return false;
  };
  for (const each of parents.keys())
    if (isUnder(each))
      found.set(`${each}`, { arguments: read(each, 'cmdline'), environment: read(each, 'environ') });
  return found;
}

function read(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'latin1').replaceAll('\u0000', '\n');
  } catch {
    return ''; // it has ended
  }
}
