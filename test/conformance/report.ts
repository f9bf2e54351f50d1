import { describeLeg, isControlOf } from './plan.ts';
import { belowBar, belowControl, countOf, type LegResult } from './verdict.ts';

const head = ['', 'revision', 'SDK', 'way', 'scenarios', 'checks', 'warnings', 'again', 'unscored'];

function rows(all: readonly LegResult[]): string[][] {
  const lines = all.map((result) => {
    const { side, revision, sdk, way } = result.leg;
    const { scenarios, checks, warnings, unscored } = countOf(result);
    const passed = `${scenarios}/${result.required.length}`;
    return [
      side,
      revision,
      sdk,
      way,
      passed,
      String(checks),
      String(warnings),
      String(result.repeats),
      String(unscored),
    ];
  });
  return [head, ...lines];
}

export function formatText(all: readonly LegResult[]): string {
  const table = rows(all);
  const widths = head.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const pad = (text: string, column: number): string =>
    column < 4 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0);
  return table.map((row) => row.map(pad).join('  ').trimEnd()).join('\n');
}

export function formatMarkdown(all: readonly LegResult[]): string {
  const [first = '', ...lines] = rows(all).map((row) => `| ${row.join(' | ')} |`);
  return [first, '| --- | --- | --- | --- | ---: | ---: | ---: | ---: | ---: |', ...lines].join('\n');
}

/** What is less than it has to be: a control below its bar, or a way below its control. */
export function shortfalls(all: readonly LegResult[]): string[] {
  return all.flatMap((result) => {
    const control = all.find(({ leg }) => isControlOf(leg, result.leg));
    if (control === undefined) return [`${describeLeg(result.leg)}: its control was not run`];
    return control === result ? belowBar(control) : belowControl(control, result);
  });
}
