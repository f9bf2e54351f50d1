import { createHash } from 'node:crypto';

/** The arguments of one call of the server's only tool. */
export interface Work {
  /** Nobody else in the run has it: executions are counted by it. */
  id: string;
  payload: string;
  answerBytes: number;
  progressSteps: number;
  durationMs: number;
}

const SMALL_ANSWER_BYTES = 64;

/** What the tool answers: nobody gets it right by giving back an earlier answer or another call's. */
export function answerTo({ id, payload, answerBytes }: Work): string {
  const hash = createHash('shake256', { outputLength: answerBytes / 2 });
  return hash.update(`${id}\n${payload}`).digest('hex');
}

/** Most calls are small and quick; some have a large answer, some progress, some take up to 1.5 s. */
export function drawWork(id: string, largeAnswerBytes: number, random: () => number): Work {
  const length = 16 + Math.floor(random() * 400);
  const payload = Array.from({ length }, () => Math.floor(random() * 36).toString(36)).join('');
  const work = { id, payload, answerBytes: SMALL_ANSWER_BYTES, progressSteps: 0, durationMs: 0 };
  const kind = random();
  if (kind < 0.04) return { ...work, answerBytes: largeAnswerBytes };
  if (kind < 0.14) return { ...work, progressSteps: 5, durationMs: 300 + Math.floor(random() * 1_200) };
  if (kind < 0.24) return { ...work, progressSteps: 3 };
  if (kind < 0.34) return { ...work, durationMs: 200 + Math.floor(random() * 1_300) };
  return work;
}
