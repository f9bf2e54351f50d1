import type { Tool } from '@modelcontextprotocol/sdk/types.js';

import { element } from './element.ts';
import { createField } from './form-field.ts';

/** The inputs of one tool. */
export interface ToolForm {
  element: HTMLFormElement;
  cancel: HTMLButtonElement;
  setRunning: (isRunning: boolean) => void;
}

/** A form made from the tool's JSON Schema; `onrun` gets what was entered, once the browser finds it complete. */
export function createToolForm(tool: Tool, onrun: (args: Record<string, unknown>) => void): ToolForm {
  const required = new Set(tool.inputSchema.required);
  const fields = Object.entries(tool.inputSchema.properties ?? {}).map(
    ([name, schema]) => [name, createField(name, schema, required.has(name))] as const,
  );
  const run = element('button', { type: 'submit' }, 'Run');
  const cancel = element('button', { type: 'button', className: 'second', hidden: true }, 'Cancel');
  run.setAttribute('aria-label', `Run ${tool.name}`);
  cancel.setAttribute('aria-label', `Cancel ${tool.name}`);
  const form = element(
    'form',
    {},
    ...fields.map(([, field]) => field.element),
    element('div', { className: 'buttons' }, run, cancel),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const values = fields.map(([name, field]): [string, unknown] => [name, field.read()]);
    onrun(Object.fromEntries(values.filter(([, value]) => value !== undefined)));
  });
  const setRunning = (isRunning: boolean): void => {
    run.disabled = isRunning;
    cancel.hidden = !isRunning;
  };
  return { element: form, cancel, setRunning };
}
