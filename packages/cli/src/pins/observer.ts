import type { RecordLevel } from '../log/logger.ts';
import type { Paint } from '../terminal.ts';
import { type Fields, instructionsDefinition, sightingOf, toolDefinition } from './definition.ts';
import { limits } from './limits.ts';
import type { PinFile } from './pin-file.ts';
import { compare, type Pin, type ServerPins, type Verdict } from './pins.ts';
import { shownName } from './shown-name.ts';

export interface ObserverOptions {
  file: PinFile;
  mode: 'warn' | 'block';
  /** Of the server, as a command takes it. */
  address: string;
  onnews: (level: RecordLevel, line: string) => void;
  paint?: Paint | undefined;
}

const plain: Paint = (_style, text) => text;

/** Compares what a server shows with what is pinned, keeps it, and says what is new, each thing once. */
export class Observer {
  readonly #options: ObserverOptions;
  /** Nothing was known when this connection began: what its first list has is what is held from then on. */
  #isFirstUse: boolean;
  #diffs = 0;
  #hasReminded = false;
  #hasSkipped = false;
  /** Resolves when all changes are said; never rejects. */
  said: Promise<void> = Promise.resolve();

  /** @throws {CliError} `pin_mismatch` when the pins cannot be read */
  constructor(options: ObserverOptions) {
    this.#options = options;
    const { tools, listedAt } = options.file.current;
    this.#isFirstUse = tools.size === 0 && listedAt === undefined;
  }

  /** The tools of one page, or all. */
  tools(tools: readonly Fields[]): void {
    const now = Date.now();
    const { current } = this.#options.file;
    const verdicts = new Map<Verdict, string[]>();
    for (const tool of tools) {
      const { name } = tool;
      const seen = sightingOf(toolDefinition(tool), now);
      if (typeof name !== 'string' || seen === undefined || !hasRoom(current, name)) {
        this.#skipped();
        continue;
      }
      const before = current.tools.get(name) ?? {};
      const { pin, verdict } = compare(before, seen, this.#mayPin);
      verdicts.set(verdict, [...(verdicts.get(verdict) ?? []), name]);
      if (verdict === 'same' || verdict === 'still') continue;
      const mayPin = this.#mayPin;
      this.#options.file.change(({ tools: all }) => {
        all.set(name, compare(all.get(name) ?? {}, seen, mayPin).pin);
      });
      if (verdict === 'changed') this.#changed(`the tool ${shownName(name)}`, pin);
    }
    this.#say(verdicts);
  }

  /** A list was seen to its end. */
  listed(): void {
    const { file } = this.#options;
    this.#isFirstUse = false;
    const listedAt = Date.now();
    if (file.current.listedAt === undefined) file.change((pins) => (pins.listedAt ??= listedAt));
  }

  instructions(text: unknown): void {
    const seen = sightingOf(instructionsDefinition(text), Date.now());
    if (seen === undefined) return;
    const { pin, verdict } = compare(this.#options.file.current.instructions, seen, true);
    if (verdict === 'same') return;
    if (verdict === 'still') return this.#remind('its instructions');
    this.#options.file.change((pins) => {
      pins.instructions = compare(pins.instructions, seen, true).pin;
    });
    if (verdict === 'changed') this.#changed('the instructions of the server', pin);
  }

  get #mayPin(): boolean {
    return this.#isFirstUse || this.#options.mode === 'warn';
  }

  #changed(what: string, pin: Pin): void {
    this.said = this.said.then(() => this.#sayChange(what, pin)).catch(() => undefined);
  }

  async #sayChange(what: string, pin: Pin): Promise<void> {
    const { onnews, address, paint = plain } = this.#options;
    const since = new Date(pin.pinned?.seenAt ?? 0).toISOString().slice(0, 10);
    // Loaded late: few connections see a change, and each waits for what is loaded at once.
    const { changeLines } = await import('./show-change.ts');
    onnews('warn', `${what} is not as it was when it was pinned (${since}):`);
    if (this.#diffs++ < limits.maxDiffs) for (const line of changeLines(pin, paint)) onnews('warn', line);
    onnews(
      'warn',
      `to see it again: mcp-nostr pins show ${address}; if it is all right: mcp-nostr pins accept ${address}`,
    );
  }

  #skipped(): void {
    if (this.#hasSkipped) return;
    this.#hasSkipped = true;
    const { onnews } = this.#options;
    onnews(
      'warn',
      'some tools cannot be pinned: they are too many, or cannot be read; nothing is held against them',
    );
  }

  #say(verdicts: ReadonlyMap<Verdict, string[]>): void {
    const { onnews, address } = this.#options;
    const named = (verdict: Verdict): string => namesOf(verdicts.get(verdict) ?? []);
    if (verdicts.has('pinned')) {
      const what = this.#isFirstUse ? 'as seen now' : 'which it did not have before';
      onnews('info', `tools are pinned ${what}: ${named('pinned')}`);
    }
    if (verdicts.has('back')) onnews('info', `tools are as they were pinned again: ${named('back')}`);
    if (verdicts.has('unseen'))
      onnews(
        'warn',
        `tools that the server did not have before: ${named('unseen')}; to use them: mcp-nostr pins accept ${address}`,
      );
    const still = verdicts.get('still') ?? [];
    if (still.length > 0) this.#remind(namesOf(still));
  }

  /** Of what was said before, by another process perhaps: one line. */
  #remind(what: string): void {
    if (this.#hasReminded) return;
    this.#hasReminded = true;
    const { onnews, address } = this.#options;
    this.said = this.said.then(() =>
      onnews('warn', `not as pinned: ${what}; to see it: mcp-nostr pins show ${address}`),
    );
  }
}

function hasRoom({ tools }: ServerPins, name: string): boolean {
  return tools.has(name) || (tools.size < limits.maxTools && name.length <= limits.maxNameLength);
}

/** `echo, get-sum and 12 more` */
function namesOf(names: readonly string[]): string {
  const shown = names.slice(0, 8).map(shownName).join(', ');
  return names.length > 8 ? `${shown} and ${names.length - 8} more` : shown;
}
