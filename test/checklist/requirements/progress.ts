import { expect } from 'vitest';

import { legacySpec, modernSpec, sdkIssue } from '../citations.ts';
import { textOf } from '../client/party.ts';
import type { Requirement } from '../requirement.ts';
import { relayWays } from '../ways.ts';

const progressPages = [legacySpec('basic/utilities/progress'), modernSpec('basic/patterns/progress')];
const cancellationPages = [
  legacySpec('basic/utilities/cancellation#behavior-requirements'),
  modernSpec('basic/patterns/cancellation#behavior-requirements'),
];

/** What comes while a request runs, and what ends it. */
export const progress: readonly Requirement[] = [
  {
    id: 'progress',
    item: 'notifications.progress',
    text: 'all progress arrives in order, the last although it leaves in the tick of the response',
    era: 'both',
    cites: [sdkIssue(2580), ...progressPages],
    run: async ({ main }) => {
      for (const steps of [1, 1, 7]) {
        const seen: number[] = [];
        await main.callTool('progress', { steps }, { onprogress: (report) => seen.push(report.progress) });
        expect(seen).toEqual(Array.from({ length: steps }, (_, i) => i + 1));
      }
    },
  },
  {
    id: 'late-progress',
    item: 'notifications.progress',
    text: 'progress that is reported after the response is not delivered',
    era: 'both',
    cites: progressPages,
    ways: [...relayWays],
    run: async ({ main }) => {
      const before = main.tap.received.count;
      await main.tap.callTool(
        'late progress',
        'progress',
        { steps: 1, late: true },
        { progressToken: 'late' },
      );
      await main.callTool('delay', { ms: 20, text: 'behind it' });
      const reports = main.tap.received.items
        .slice(before)
        .filter((message) => 'method' in message && message.method === 'notifications/progress');
      expect(reports).toMatchObject([{ params: { progress: 1 } }]);
    },
  },
  {
    id: 'progress-tokens',
    item: 'notifications.progress',
    text: 'a progress token keeps its kind and its value',
    era: 'both',
    cites: progressPages,
    run: async ({ main }) => {
      for (const progressToken of ['7', 7, 'ключ "\\\u2028', 0]) {
        const before = main.tap.received.count;
        await main.tap.callTool('token', 'progress', { steps: 1 }, { progressToken });
        const [report] = main.tap.received.items.slice(before);
        expect(report).toMatchObject({
          method: 'notifications/progress',
          params: { progressToken, progress: 1 },
        });
      }
    },
  },
  {
    id: 'cancelled-while-running',
    item: 'notifications.cancellation',
    text: 'a cancellation fires the AbortSignal of the handler, and of no other',
    era: 'both',
    cites: cancellationPages,
    run: async (stage) => {
      const { main, service } = stage;
      const [name, other] = [stage.name('running'), stage.name('other')];
      const abort = new AbortController();
      const call = main.callTool('wait', { name }, { signal: abort.signal });
      call.catch(() => {}); // its error is another requirement
      const otherCall = main.callTool('wait', { name: other });
      for (const each of [name, other]) await service.started.first((started) => started === each);
      abort.abort('enough');
      await service.aborted.first((each) => each === name);
      service.release(other);
      expect(textOf(await otherCall)).toBe(`waited for ${other}`);
      expect(service.aborted.items).not.toContain(other);
    },
  },
  {
    id: 'cancelled-while-queued',
    item: 'notifications.cancellation',
    text: 'a request that is cancelled as soon as it is sent fails and does not hold up others',
    era: 'both',
    cites: cancellationPages,
    run: async (stage) => {
      const { main, service } = stage;
      const name = stage.name('queued');
      const abort = new AbortController();
      const call = main.callTool('wait', { name }, { signal: abort.signal });
      const failure = call.catch((error: unknown) => error);
      abort.abort('at once');
      expect(String(await failure)).toContain('at once');
      expect(textOf(await main.callTool('echo', { text: 'others go on' }))).toBe('others go on');
      // Taken back before it left, or aborted where it began.
      expect(service.aborted.items.includes(name)).toBe(service.started.items.includes(name));
    },
  },
  {
    id: 'cancelled-nothing',
    item: 'notifications.cancellation',
    text: 'the cancellation of an unknown id, or of one that was answered, changes nothing',
    era: 'both',
    cites: cancellationPages,
    run: async ({ main }) => {
      await main.tap.callTool('answered', 'echo', { text: 'before' });
      for (const requestId of ['answered', 'never used', 4_711]) {
        await main.tap.notify('notifications/cancelled', { requestId, reason: 'ü' });
      }
      expect(await main.tap.callTool('answered', 'echo', { text: 'again' })).toMatchObject({
        result: { content: [{ text: 'again' }] },
      });
    },
  },
  {
    id: 'initialize-not-cancelled',
    item: 'notifications.cancellation',
    text: 'a cancellation that names the initialize request does not end the session',
    era: 'legacy',
    cites: [legacySpec('basic/utilities/cancellation#behavior-requirements')],
    run: async (stage) => {
      const party = await stage.connect();
      const opening = party.tap.sent.items.find(
        (message) => 'method' in message && message.method === 'initialize',
      );
      const requestId = opening !== undefined && 'id' in opening ? opening.id : undefined;
      expect(requestId).toBeDefined();
      await party.tap.notify('notifications/cancelled', { requestId });
      expect(textOf(await party.callTool('echo', { text: 'goes on' }))).toBe('goes on');
      expect(party.closes.count).toBe(0);
    },
  },
  {
    id: 'cancelled-id-0',
    item: 'notifications.cancellation',
    text: 'a request with the id 0 can be cancelled: nothing is delivered for it any more',
    era: 'both',
    cites: cancellationPages,
    // The first SDK takes 0 for no id, so in memory the answer comes.
    ways: [...relayWays],
    run: async (stage) => {
      const { main, service } = stage;
      const name = stage.name('id 0');
      const before = main.tap.received.count;
      const params = main.tap.withEnvelope({ name: 'wait', arguments: { name } });
      await main.tap.send({ jsonrpc: '2.0', id: 0, method: 'tools/call', params });
      await service.started.first((each) => each === name);
      await main.tap.notify('notifications/cancelled', { requestId: 0 });
      await main.callTool('echo', { text: 'behind it' });
      service.release(name);
      await main.callTool('delay', { ms: 20, text: 'behind that' });
      const answers = main.tap.received.items
        .slice(before)
        .filter((message) => 'id' in message && message.id === 0);
      expect(answers).toEqual([]);
    },
  },
];
