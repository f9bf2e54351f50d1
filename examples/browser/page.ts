import './no-eval.ts';

import { parseAddress } from '@mcp-nostr/core';

import { Connection } from './connection.ts';
import { byId, element } from './element.ts';
import { errorText } from './error-text.ts';
import { extensionSigner } from './extension-signer.ts';
import { RelayList } from './relay-list.ts';
import { ToolCard } from './tool-card.ts';

/** The whole page: an address, and what the server there offers. */
class Page {
  readonly #input = byId('address', HTMLInputElement);
  readonly #extension = byId('extension', HTMLInputElement);
  readonly #status = byId('status', HTMLElement);
  readonly #error = byId('error', HTMLElement);
  readonly #server = byId('server', HTMLElement);
  readonly #about = byId('about-server', HTMLElement);
  readonly #tools = byId('tools', HTMLElement);
  readonly #relayPanel = byId('relay-panel', HTMLElement);
  readonly #relays = new RelayList(byId('relays', HTMLUListElement));
  #connection: Connection | undefined;

  start(): void {
    byId('address-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#connect(this.#input.value.trim()); // it never rejects
    });
    window.addEventListener('hashchange', () => this.#readFragment());
    // Extensions come into the page before it is complete.
    window.addEventListener('load', () => {
      byId('extension-choice', HTMLElement).hidden = extensionSigner() === undefined;
    });
    this.#readFragment();
  }

  /** The fragment is not sent to whoever hosts the page. */
  #readFragment(): void {
    const address = location.hash.slice(1);
    if (address === '') return;
    this.#input.value = address;
    void this.#connect(address); // it never rejects
  }

  async #connect(server: string): Promise<void> {
    const previous = this.#connection;
    this.#connection = undefined;
    previous?.close().catch(() => {}); // whether its goodbye arrives is of no interest here
    this.#reset();
    const startedAt = performance.now();
    let connection: Connection | undefined;
    try {
      parseAddress(server);
      // Only an address that can be read: what was pasted by mistake may be a secret.
      history.replaceState(null, '', `#${server}`);
      const signer = this.#extension.checked ? extensionSigner() : undefined;
      connection = new Connection({ server, signer, onrelay: (state) => this.#relays.update(state) }, () =>
        this.#fail('The server closed the connection. Connect again to go on.'),
      );
      this.#connection = connection;
      this.#relayPanel.hidden = false;
      this.#status.textContent = 'Connecting…';
      await connection.open();
      await this.#show(connection, startedAt);
    } catch (error) {
      // Somebody who has connected to something else meanwhile is not told about this.
      if (connection === this.#connection) this.#fail(errorText(error));
    }
  }

  async #show(connection: Connection, startedAt: number): Promise<void> {
    const whose = this.#extension.checked ? 'the key of your browser extension' : 'a key of this visit';
    const [tools, npub] = await Promise.all([connection.listTools(), connection.npub()]);
    if (connection !== this.#connection) return;
    const { name, version, instructions } = connection.server;
    const elapsedMs = Math.round(performance.now() - startedAt);
    this.#status.textContent = `Connected in ${elapsedMs} ms`;
    this.#about.replaceChildren(
      element('h2', {}, name, ' ', element('span', { className: 'quiet' }, version)),
      element('p', { className: 'description' }, instructions),
      element('p', { className: 'quiet' }, 'You call as ', element('code', {}, npub), `, ${whose}.`),
    );
    const cards = tools.map(
      (tool) => new ToolCard(tool, (args, options) => connection.callTool(tool.name, args, options)),
    );
    this.#tools.replaceChildren(...cards.map((card) => card.element));
    if (tools.length === 0) this.#tools.append(element('p', {}, 'This server offers no tools.'));
    this.#server.hidden = false;
  }

  #fail(text: string): void {
    this.#status.textContent = '';
    this.#error.textContent = text;
    this.#error.hidden = false;
  }

  #reset(): void {
    this.#status.textContent = '';
    this.#error.hidden = true;
    this.#error.textContent = '';
    this.#server.hidden = true;
    this.#relayPanel.hidden = true;
    this.#relays.clear();
  }
}

new Page().start();
