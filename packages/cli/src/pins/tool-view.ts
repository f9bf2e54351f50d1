import { type Fields, sightingOf, toolDefinition } from './definition.ts';
import type { PinFile } from './pin-file.ts';
import { shownName } from './shown-name.ts';

/** What the other side sees of a tool: itself, what was pinned of it, or nothing. */
type Shown = 'itself' | 'pinned' | 'hidden';

/** What the server shows on this connection, and what of it the other side may see. */
export class ToolView {
  readonly #file: PinFile;
  readonly #isBlocking: boolean;
  readonly #hidesUnseen: boolean;
  /** The hash of each tool of the last list that was seen whole; empty where it is none that could be pinned. */
  #live: ReadonlyMap<string, string> = new Map();
  #next: Map<string, string> = new Map();
  #isKnown = false;
  /** How each tool was shown last. */
  readonly #shown: Map<string, Shown> = new Map();

  constructor(file: PinFile, isBlocking: boolean, hidesUnseen: boolean) {
    this.#file = file;
    this.#isBlocking = isBlocking;
    this.#hidesUnseen = hidesUnseen;
  }

  /** It is known what the server shows. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  /** What the server shows may be something else now. */
  forget(): void {
    this.#isKnown = false;
  }

  /** A list was seen to its end. */
  know(): void {
    this.#live = this.#next;
    this.#next = new Map();
    this.#isKnown = true;
  }

  /** A page of the server's list as the other side may see it. */
  page(tools: readonly Fields[], isFirst: boolean): Fields[] {
    if (!this.#isBlocking) return [...tools];
    if (isFirst) this.#next = new Map();
    return tools.flatMap((tool) => {
      const { name } = tool;
      if (typeof name !== 'string') return [];
      const sha256 = sightingOf(toolDefinition(tool), 0)?.sha256 ?? '';
      const former = this.#next.get(name);
      this.#next.set(name, former === undefined || former === sha256 ? sha256 : '');
      const shown = this.#shownAs(name, sha256);
      this.#shown.set(name, shown);
      if (shown === 'itself') return [tool];
      const definition = this.#file.current.tools.get(name)?.pinned?.definition;
      return shown === 'pinned' && definition !== undefined ? [definition] : [];
    });
  }

  /** What the server says of itself, with the instructions that are pinned. */
  introduction(result: Fields): Fields {
    if (!this.#isBlocking) return result;
    const { pinned } = this.#file.current.instructions;
    const { instructions: _live, ...rest } = result;
    return { ...rest, ...pinned?.definition };
  }

  /** Somebody has accepted what the other side has not seen. Said once. */
  takeNews(): boolean {
    let isNews = false;
    for (const [name, sha256] of this.#live) {
      const shown = this.#shownAs(name, sha256);
      isNews ||= this.#shown.get(name) !== shown;
      this.#shown.set(name, shown);
    }
    return isNews;
  }

  /** Why a tool may not be called, as a clause. */
  objection(name: string): string | undefined {
    const pinned = this.#file.current.tools.get(name)?.pinned;
    if (pinned === undefined)
      return `the tool ${shownName(name)} was not there when the server was pinned, and nobody has accepted it`;
    const live = this.#live.get(name);
    // One that is not in the list any more may be called: what is known of it is what was pinned.
    if (live === undefined || live === pinned.sha256) return undefined;
    return `the tool ${shownName(name)} is not as it was when it was pinned`;
  }

  #shownAs(name: string, sha256: string): Shown {
    const pinned = this.#file.current.tools.get(name)?.pinned;
    if (pinned === undefined) return this.#hidesUnseen ? 'hidden' : 'itself';
    if (pinned.sha256 === sha256) return 'itself';
    return pinned.definition === undefined ? 'hidden' : 'pinned';
  }
}
