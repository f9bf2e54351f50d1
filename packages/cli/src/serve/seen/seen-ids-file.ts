import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

import { limits as wire, randomHex } from '@mcp-nostr/core';
import type { SeenIds } from '@mcp-nostr/server';

import { ourFolder } from '../../folders.ts';

/**
 * One file for so many seconds. An id has to be known as long as its event is fresh, 180 s at most: it is, in its own
 * file and in the one that follows.
 */
const SLOT_SECONDS = 240;
/** So much of an id tells it from all others. */
const KEPT_CHARS = 32;
/** The beginning of an id, and which process has taken it. */
const LINE = new RegExp(`^([0-9a-f]{${KEPT_CHARS}})(?: ([0-9a-f]+))?$`);
/** In one file: a thousand a second, all the time, which is 12 MB. */
const MAX_IDS = 250_000;
/** Several processes with one key write to the same files. */
const MAX_READ_BYTES = 67_108_864;
/** More than other processes write between two calls of this one. */
const BUFFER_BYTES = 16_384;
/** A disk that was full may have room again. */
const RETRY_MS = 5_000;

export interface SeenIdsFileOptions {
  /** The server's. */
  pubkey: string;
  onproblem: (message: string) => void;
  /** @default seen in our folder for state */
  folder?: string;
  /** Milliseconds since 1970. @default Date.now */
  now?: () => number;
  /** @default 250,000 */
  maxIds?: number;
}

/**
 * Ids of requests that a server has executed, on disk: what was executed just before it was killed is not executed again
 * after. Each is a line of its own, appended before its request is delivered, so half a line at the end spoils nothing,
 * and of several processes with one key that get a request the one whose line is the first executes it.
 */
export class SeenIdsFile implements SeenIds {
  readonly #options: SeenIdsFileOptions;
  readonly #folder: string;
  /** By the number of their time slot: the one before, the present one, and after a leap of the clock later ones. */
  readonly #slots: Map<number, Set<string>> = new Map();
  /** How much of each slot's file was read. */
  readonly #offsets: Map<number, number> = new Map();
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  /** This process, in its lines. */
  readonly #process = randomHex(4);
  #current = -Infinity;
  #file: number | undefined;
  #completeSince = 0;
  #retryAt = 0;
  #hasProblem = false;
  #isFull = false;
  #isClosed = false;

  /** Whatever is wrong with the disk is reported: the server starts all the same. */
  constructor(options: SeenIdsFileOptions) {
    this.#options = options;
    this.#folder = options.folder ?? join(ourFolder('state'), 'seen');
    // Where nothing can be read, whatever was stamped before now may have been executed.
    this.#completeSince = this.#nowSeconds() + wire.maxFutureSeconds;
    this.#attempt(() => this.#read());
  }

  /** Where no file is there nothing was ever executed: serving and keeping the ids are one. */
  get completeSince(): number {
    return this.#completeSince;
  }

  has(id: string): boolean {
    const key = id.slice(0, KEPT_CHARS);
    for (const ids of this.#slots.values()) if (ids.has(key)) return true;
    return false;
  }

  /** Known as soon as this returns, also after a sudden end of this process. */
  add(id: string, createdAt: number): boolean {
    if (this.#isClosed) return true;
    const slot = this.#slotNow();
    if (slot !== this.#current) this.#turn(slot);
    const ids = this.#idsOf(slot);
    const key = id.slice(0, KEPT_CHARS);
    // Another process may have taken it before this one turned to the next file.
    if (this.has(id)) return false;
    if (ids.size >= this.#maxIds) {
      this.#full(ids.size, createdAt);
      return true;
    }
    let owner: string | undefined;
    if (this.#file !== undefined || (this.#options.now ?? Date.now)() >= this.#retryAt)
      this.#attempt(() => {
        this.#file ??= this.#open(slot);
        writeSync(this.#file, `${key} ${this.#process}\n`);
        owner = this.#readOn(this.#file, slot, key);
      });
    ids.add(key);
    return owner === undefined || owner === this.#process;
  }

  close(): void {
    this.#isClosed = true;
    this.#closeFile();
  }

  #read(): void {
    const slot = this.#slotNow();
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    let completeSince = 0;
    for (const { path, slot: each } of this.#files()) {
      if (each < slot - 1) {
        unlinkSync(path);
        continue;
      }
      if (statSync(path).size > MAX_READ_BYTES) throw new Error(`${path} is too large to be read`);
      this.#readFile(path, each);
      // What came when it was full is in no file, and was stamped before this.
      if (this.#idsOf(each).size >= this.#maxIds)
        completeSince = (each + 1) * SLOT_SECONDS + wire.maxFutureSeconds;
    }
    this.#completeSince = completeSince;
  }

  /** The next file: what was in the one before the last is too old to be taken again. */
  #turn(slot: number): void {
    this.#closeFile();
    this.#current = slot;
    this.#isFull = false;
    for (const each of this.#slots.keys()) if (each < slot - 1) this.#slots.delete(each);
    for (const each of this.#offsets.keys()) if (each < slot - 1) this.#offsets.delete(each);
    this.#attempt(() => {
      for (const { path, slot: each } of this.#files())
        if (each < slot - 1) unlinkSync(path);
        else this.#readFile(path, each);
    });
  }

  #open(slot: number): number {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const path = join(this.#folder, `${this.#options.pubkey}.${slot}`);
    const file = openSync(path, 'a+', 0o600);
    // Its last line may be half of one.
    if (statSync(path).size > 0) writeSync(file, '\n');
    return file;
  }

  #readFile(path: string, slot: number): void {
    const file = openSync(path, 'r');
    try {
      this.#readOn(file, slot);
    } finally {
      closeSync(file);
    }
  }

  /** Takes what was not read yet, of whatever process. Returns which one has taken this id first. */
  #readOn(file: number, slot: number, wanted?: string): string | undefined {
    const ids = this.#idsOf(slot);
    let owner: string | undefined;
    let offset = this.#offsets.get(slot) ?? 0;
    for (;;) {
      const text = this.#textAt(file, offset);
      const end = text.lastIndexOf('\n') + 1;
      // Half a line is read when it is whole. What is as long as the buffer is none.
      const taken = end === 0 && text.length === BUFFER_BYTES ? text.length : end;
      if (taken === 0) break;
      for (const line of text.slice(0, taken).split('\n')) {
        const [, key, process] = LINE.exec(line) ?? [];
        if (key !== undefined && key === wanted) owner ??= process;
        if (key !== undefined) ids.add(key);
      }
      offset += taken;
    }
    this.#offsets.set(slot, offset);
    return owner;
  }

  /** A character is a byte: hexadecimal is all that is looked for. */
  #textAt(file: number, offset: number): string {
    const bytes = readSync(file, this.#buffer, 0, BUFFER_BYTES, offset);
    return String.fromCharCode(...this.#buffer.subarray(0, bytes));
  }

  #files(): { path: string; slot: number }[] {
    return readdirSync(this.#folder).flatMap((name) => {
      const [pubkey, slot = ''] = name.split('.');
      const isOurs = pubkey === this.#options.pubkey && /^\d+$/.test(slot);
      return isOurs ? [{ path: join(this.#folder, name), slot: Number(slot) }] : [];
    });
  }

  #idsOf(slot: number): Set<string> {
    const known = this.#slots.get(slot);
    if (known !== undefined) return known;
    const ids = new Set<string>();
    this.#slots.set(slot, ids);
    return ids;
  }

  /** What is not written is known as long as this process lives. */
  #attempt(write: () => void): void {
    try {
      write();
      this.#hasProblem = false;
    } catch (error) {
      this.#closeFile();
      this.#retryAt = (this.#options.now ?? Date.now)() + RETRY_MS;
      if (this.#hasProblem) return;
      this.#hasProblem = true;
      const reason = error instanceof Error ? error.message : String(error);
      this.#options.onproblem(`after a restart calls of the last minutes may be taken again: ${reason}`);
    }
  }

  /** It never forgets: instead older stamps are not taken any more. */
  #full(count: number, createdAt: number): void {
    this.#completeSince = Math.max(this.#completeSince, createdAt + 1);
    if (this.#isFull) return;
    this.#isFull = true;
    this.#options.onproblem(
      `${count} calls within ${SLOT_SECONDS} s: those that were signed before may not be taken any more`,
    );
  }

  #closeFile(): void {
    if (this.#file === undefined) return;
    const file = this.#file;
    this.#file = undefined;
    try {
      closeSync(file);
    } catch {
      // Nothing that was written waits for it.
    }
  }

  get #maxIds(): number {
    return this.#options.maxIds ?? MAX_IDS;
  }

  #slotNow(): number {
    return Math.floor(this.#nowSeconds() / SLOT_SECONDS);
  }

  #nowSeconds(): number {
    return Math.floor((this.#options.now ?? Date.now)() / 1_000);
  }
}
