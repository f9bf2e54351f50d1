import type { NostrClientTransportOptions } from '@mcp-nostr/client';

import { element } from './element.ts';

export type RelayState = Parameters<NonNullable<NostrClientTransportOptions['onrelay']>>[0];

const statusTexts: Record<RelayState['status'], string> = {
  connecting: 'connecting',
  ready: 'connected',
  waiting: 'not reached',
  closed: 'closed',
};

/** A line for each relay, with a dot. The words say the same as the colour. */
export class RelayList {
  readonly #list: HTMLUListElement;
  readonly #lines: Map<string, HTMLLIElement> = new Map();

  constructor(list: HTMLUListElement) {
    this.#list = list;
  }

  update({ url, status, reason, latencyMs }: RelayState): void {
    const line = this.#lines.get(url) ?? element('li');
    if (!this.#lines.has(url)) {
      this.#lines.set(url, line);
      this.#list.append(line);
    }
    line.dataset['status'] = status;
    const details = [statusTexts[status]];
    if (status === 'ready' && latencyMs !== undefined) details.push(`${Math.round(latencyMs)} ms`);
    if (status === 'waiting' && reason !== undefined) details.push(reason);
    line.replaceChildren(
      element('span', { className: 'dot', ariaHidden: 'true' }),
      element('code', {}, url),
      element('span', { className: 'quiet' }, details.join(', ')),
    );
  }

  clear(): void {
    this.#lines.clear();
    this.#list.replaceChildren();
  }
}
