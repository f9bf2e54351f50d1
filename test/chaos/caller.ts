import { setTimeout as sleep } from 'node:timers/promises';

import { NostrClientTransport } from '@mcp-nostr/client';
import { generateSecretKey, secretKeySigner } from '@mcp-nostr/core';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';

import { describeFailure } from './describe-failure.ts';
import type { CallRecord, ClientReport, Incident, LastCall, Outcome } from './evidence.ts';
import { Tap } from './tap.ts';
import { answerTo, drawWork } from './work.ts';

const IN_FLIGHT = 3;
/** A call that fails at once must not be followed by thousands. */
const AFTER_FAILURE_MS = 300;
/** Of an answer that is wrong. */
const SHOWN_CHARACTERS = 200;
/** Longer than anything here waits, so that it hides no hang. */
const SDK_TIMEOUT_MS = 120_000;

export interface CallerOptions {
  name: string;
  /** The server's address. */
  server: string;
  largeAnswerBytes: number;
  /** Between two calls of one worker. */
  maxPauseMs: number;
  random: () => number;
}

/** A call as it is kept here; a hung one has no outcome. */
interface Call extends Omit<CallRecord, 'outcome'> {
  outcome?: Outcome;
}

/** One client with a key of its own: one SDK client and one transport for the whole run. */
export class Caller {
  readonly #options: CallerOptions;
  readonly #client = new Client({ name: 'chaos', version: '1.0.0' });
  readonly #calls: Call[] = [];
  readonly #underWay: Set<Promise<Call>> = new Set();
  readonly #incidents: Incident[] = [];
  readonly #lastCalls: LastCall[] = [];
  #phase = '';
  /** The SDK refuses all calls from then on; more of them would say nothing more. */
  #isClosed = false;
  /** The workers of a phase end with it, one that hung until the next phase too. */
  #stop = new AbortController();

  private constructor(options: CallerOptions) {
    this.#options = options;
  }

  /** Before anything goes wrong, and on a busy machine that may take longer than a client waits for a server. */
  static async connect(options: CallerOptions): Promise<Caller> {
    for (;;) {
      try {
        return await Caller.#connect(options);
      } catch (error) {
        const outcome = describeFailure(error, 0);
        if (outcome.type !== 'failed' || outcome.code !== 'server_silent') throw error;
      }
    }
  }

  static async #connect(options: CallerOptions): Promise<Caller> {
    const caller = new Caller(options);
    const { name: who, server } = options;
    const note = (incident: Incident): void => void caller.#incidents.push(incident);
    caller.#client.onclose = () => {
      caller.#isClosed = true;
      note({ kind: 'client closed', who, text: `in "${caller.#phase}"` });
    };
    const transport = new NostrClientTransport({ server, signer: secretKeySigner(generateSecretKey()) });
    const tap = new Tap(who, note);
    tap.attach(transport);
    await caller.#client.connect(transport, { timeout: SDK_TIMEOUT_MS });
    return caller;
  }

  work(phase: string): void {
    this.#phase = phase;
    this.#stop = new AbortController();
    for (let i = 0; i < IN_FLIGHT; i++) void this.#keepCalling(this.#stop.signal); // it never rejects
  }

  /** No new calls; resolves when all have settled, or at the limit, from which on the others count as hung. */
  async rest(limitMs: number): Promise<void> {
    this.#stop.abort();
    await within(limitMs, Promise.all(this.#underWay));
    this.#giveUp();
  }

  /** Calls until one succeeds or time is up. */
  async lastCall(limitMs: number): Promise<void> {
    const end = performance.now() + limitMs;
    let succeeded = false;
    while (!succeeded && !this.#isClosed && performance.now() < end) {
      const call = await within(end - performance.now(), this.#call());
      succeeded = call?.outcome?.type === 'answered';
      if (!succeeded) await sleep(AFTER_FAILURE_MS);
    }
    this.#giveUp();
    this.#lastCalls.push({ client: this.#options.name, phase: this.#phase, succeeded });
  }

  report(): ClientReport {
    const calls = this.#calls.map((call): CallRecord => ({
      ...call,
      outcome: call.outcome ?? { type: 'hung' },
    }));
    return { calls, incidents: this.#incidents, lastCalls: this.#lastCalls };
  }

  async #keepCalling(signal: AbortSignal): Promise<void> {
    for (;;) {
      await sleep(this.#options.random() * this.#options.maxPauseMs);
      if (signal.aborted || this.#isClosed) return;
      const { outcome } = await this.#call();
      if (outcome?.type !== 'answered') await sleep(AFTER_FAILURE_MS);
    }
  }

  #call(): Promise<Call> {
    const { name, largeAnswerBytes, random } = this.#options;
    const call: Call = { id: `${name}-${this.#calls.length}`, client: name, phase: this.#phase };
    this.#calls.push(call);
    const work = drawWork(call.id, largeAnswerBytes, random);
    const settled = this.#settle(work).then((outcome) => {
      this.#underWay.delete(settled);
      call.outcome ??= outcome;
      return call;
    });
    this.#underWay.add(settled);
    return settled;
  }

  /** Never rejects. */
  async #settle(work: ReturnType<typeof drawWork>): Promise<Outcome> {
    const startMs = performance.now();
    const tookMs = (): number => Math.round(performance.now() - startMs);
    try {
      const { content } = await this.#client.callTool({ name: 'work', arguments: { ...work } }, undefined, {
        timeout: SDK_TIMEOUT_MS,
        onprogress: () => {},
      });
      const [item]: { text?: string }[] = Array.isArray(content) ? content : [];
      const isRight = item?.text === answerTo(work);
      const wrong = JSON.stringify(content).slice(0, SHOWN_CHARACTERS);
      return { type: 'answered', tookMs: tookMs(), ...(isRight ? {} : { wrong }) };
    } catch (error) {
      return describeFailure(error, tookMs());
    }
  }

  #giveUp(): void {
    for (const call of this.#calls) call.outcome ??= { type: 'hung' };
    this.#underWay.clear();
  }
}

async function within<T>(limitMs: number, promise: Promise<T>): Promise<T | undefined> {
  const timer = new AbortController();
  const late = sleep(limitMs, undefined, { signal: timer.signal }).catch(() => undefined);
  const result = await Promise.race([promise, late]);
  timer.abort();
  return result;
}
