import { parse } from 'jsonc-parser';
import { expect, it } from 'vitest';

import { withEntry, withoutEntry } from './host-config.ts';

const host = { format: 'jsonc', container: 'mcpServers' } as const;
const entry = { command: '/bin/node', args: ['/m.js', 'connect', 'npub1x'] };
const RUNS = 200;

/** Numbers from 0 to below 1, the same ones for a seed: a linear congruential generator. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A configuration as people leave it: comments anywhere, any line breaks, any commas that are allowed. */
class Writer {
  readonly #random: () => number;
  readonly #eol: string;
  #comments = 0;

  constructor(seed: number) {
    this.#random = randomFrom(seed);
    this.#eol = this.#random() < 0.3 ? '\r\n' : '\n';
  }

  document(): string {
    const mark = this.#chance(0.1) ? '\uFEFF' : '';
    const members = [
      ...this.#members(3),
      ...(this.#chance(0.8) ? [['mcpServers', this.#servers()] as const] : []),
    ];
    return `${mark}${this.#gap()}${this.#object(members.sort(() => this.#random() - 0.5))}${this.#gap()}`;
  }

  #servers(): string {
    const servers = this.#members(3);
    if (this.#chance(0.4)) servers.push(['srv', this.#object(this.#members(2))]);
    return this.#object(servers.sort(() => this.#random() - 0.5));
  }

  #members(most: number): (readonly [string, string])[] {
    const count = Math.floor(this.#random() * (most + 1));
    return Array.from({ length: count }, (_, index) => [`k${index}`, this.#value(2)]);
  }

  #value(depth: number): string {
    const kind = this.#random();
    if (depth > 0 && kind < 0.25)
      return this.#object([
        [`d${depth}`, this.#value(depth - 1)],
        ...(this.#chance(0.5) ? [['e', '1'] as const] : []),
      ]);
    if (depth > 0 && kind < 0.4) return `[${this.#gap()}${this.#value(depth - 1)}${this.#gap()}]`;
    return (
      ['1', 'null', '"// no, \\" comment"', '"{"', '"é\\u0041,"', '-2.5e3'][Math.floor(this.#random() * 6)] ??
      '0'
    );
  }

  #object(members: readonly (readonly [string, string])[]): string {
    const texts = members.map(
      ([key, value]) => `${this.#gap()}"${key}"${this.#space()}:${this.#gap()}${value}${this.#gap()}`,
    );
    const trailing = members.length > 0 && this.#chance(0.3) ? `,${this.#gap()}` : '';
    return `{${texts.join(',')}${trailing}${this.#gap()}}`;
  }

  #gap(): string {
    const kind = this.#random();
    if (kind < 0.3) return '';
    if (kind < 0.5) return this.#space();
    if (kind < 0.8) return this.#eol + ' '.repeat(Math.floor(this.#random() * 5));
    const comment = `c${this.#comments++};`;
    return kind < 0.9 ? ` // ${comment}${this.#eol}\t` : ` /* ${comment} */ `;
  }

  #space(): string {
    return this.#chance(0.5) ? ' ' : '';
  }

  #chance(share: number): boolean {
    return this.#random() < share;
  }
}

const meaning = (text: string): Record<string, Record<string, unknown>> =>
  parse(text.replace(/^\uFEFF/, ''), [], { allowTrailingComma: true }) as Record<
    string,
    Record<string, unknown>
  >;
const comments = (text: string): string[] => text.match(/c\d+;/g) ?? [];
/** Without the server that it is about, and without a list that is empty. */
function others(text: string): unknown {
  const { mcpServers, ...rest } = meaning(text);
  const { srv: _, ...servers } = mcpServers ?? {};
  return { ...rest, servers };
}

it(`changes nothing else in ${RUNS} random files`, () => {
  for (let seed = 1; seed <= RUNS; seed++) {
    const before = new Writer(seed).document();
    const added = withEntry(host, before, 'srv', entry);
    const removed = withoutEntry(host, added, 'srv');
    const had = meaning(before)['mcpServers'];
    const texts = { seed, before, added, removed };
    expect({ ...texts, others: [others(added), others(removed)] }).toEqual({
      ...texts,
      others: [others(before), others(before)],
    });
    expect(meaning(added)['mcpServers']).toMatchObject({ srv: entry });
    expect(meaning(removed)['mcpServers'] ?? {}).not.toHaveProperty('srv');
    // Comments in a server go with it.
    if (Object.hasOwn(had ?? {}, 'srv')) continue;
    expect({ ...texts, comments: [comments(added), comments(removed)] }).toEqual({
      ...texts,
      comments: [comments(before), comments(before)],
    });
    // In a wild layout a break may go or stay. An empty list vanishes.
    if (had === undefined || Object.keys(had).length > 0)
      expect(removed.replaceAll(/\s/g, '')).toBe(before.replaceAll(/\s/g, ''));
  }
});
