import { harmless, type Paint } from '../terminal.ts';
import type { Check, CheckStatus } from './check.ts';

/** The widest title that details are lined up behind; a relay's URL may be longer. */
const TITLE_WIDTH = 12;

/** Lines for a person: what is well about one thing on one line, each fault on its own with what to do. */
export function formatChecks(checks: readonly Check[], paint: Paint): string {
  const marks: Record<CheckStatus, string> = {
    ok: paint('green', '✓'),
    warn: paint('yellow', '!'),
    fail: paint('red', '✗'),
  };
  const titles = [...new Set(checks.map(({ title }) => title))];
  const lines = titles.flatMap((title) => {
    const ofTitle = checks.filter((check) => check.title === title);
    const well = ofTitle.filter(({ status }) => status === 'ok').map(({ detail }) => detail);
    const name = `${title.padEnd(TITLE_WIDTH)} `;
    const faults = ofTitle.filter(({ status }) => status !== 'ok');
    return [
      ...(well.length === 0 ? [] : [`  ${marks.ok} ${name} ${well.join(paint('dim', ' · '))}`]),
      ...faults.flatMap(({ status, detail, hint }) => [
        `  ${marks[status]} ${name} ${detail}`,
        ...(hint === undefined ? [] : [`    ${' '.repeat(TITLE_WIDTH)} ${paint('dim', `→ ${hint}`)}`]),
      ]),
    ];
  });
  return lines.map((line) => `${harmlessLine(line)}\n`).join('');
}

/** Relays and servers have a word in it; what we paint ourselves is no harm. */
function harmlessLine(line: string): string {
  return line.split('\u001b[').map(harmless).join('\u001b[');
}

/** The whole report for a program: one document. */
export function formatReport(checks: readonly Check[]): string {
  const shown = checks.map(({ id, status, title, detail, hint }) => ({ id, status, title, detail, hint }));
  return `${JSON.stringify({ checks: shown, ok: checks.every(({ status }) => status !== 'fail') })}\n`;
}
