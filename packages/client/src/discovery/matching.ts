import { isRecord } from '@mcp-nostr/core';
import type { Announcement } from '@mcp-nostr/core/contextvm';

/** A word in the name of a server says more than one in what a tool says of itself. */
const WEIGHTS = { name: 8, itemName: 4, about: 2, itemText: 1 } as const;

/** The words of a search: letter case and accents' encodings do not count. */
export function wordsOf(text: string | readonly string[]): string[] {
  const words = typeof text === 'string' ? [text] : text;
  return words.flatMap((each) => folded(each).split(/\s+/u)).filter((word) => word !== '');
}

/** How well a server fits; undefined where a word is in none of what it says. */
export function scoreOf(server: Announcement, words: readonly string[]): number | undefined {
  if (words.length === 0) return 0;
  const texts = textsOf(server);
  let score = 0;
  for (const word of words) {
    const best = texts.find(([, text]) => text.includes(word));
    if (best === undefined) return undefined;
    score += best[0];
  }
  return score;
}

/** A search looks at each server again whenever a relay has answered. */
const known = new WeakMap<Announcement, [weight: number, text: string][]>();

/** What is searched, the weightiest first. */
function textsOf(server: Announcement): [weight: number, text: string][] {
  const texts = known.get(server) ?? readTexts(server);
  known.set(server, texts);
  return texts;
}

function readTexts(server: Announcement): [weight: number, text: string][] {
  const { name, about, initialize, tools = [], prompts = [], resources = [], categories } = server;
  const items = [...tools, ...prompts, ...resources];
  const info = initialize?.['serverInfo'];
  const { name: program, title } = isRecord(info) ? info : {};
  return [
    [WEIGHTS.name, joined([name, program, title])],
    [WEIGHTS.itemName, joined([...categories, ...items.flatMap((item) => [item['name'], item['title']])])],
    [WEIGHTS.about, joined([about, initialize?.['instructions']])],
    [WEIGHTS.itemText, joined(items.map((item) => item['description']))],
  ];
}

function joined(texts: readonly unknown[]): string {
  return folded(texts.filter((text) => typeof text === 'string').join('\n'));
}

function folded(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}
