import type { CallToolResult, Progress, Tool } from '@modelcontextprotocol/sdk/types.js';

import type { CallOptions } from './connection.ts';
import { element } from './element.ts';
import { errorText } from './error-text.ts';
import { renderResult } from './result-view.ts';
import { createToolForm, type ToolForm } from './tool-form.ts';

export type CallTool = (args: Record<string, unknown>, options: CallOptions) => Promise<CallToolResult>;

/** What a tool says of itself, a form to call it, and what came of the last call. */
export class ToolCard {
  readonly element: HTMLElement;
  readonly #call: CallTool;
  readonly #form: ToolForm;
  readonly #progress: HTMLElement = element('div', { className: 'progress', hidden: true });
  readonly #output: HTMLElement = element('div', { className: 'output' });
  #abort: AbortController | undefined;

  constructor(tool: Tool, call: CallTool) {
    this.#call = call;
    this.#form = createToolForm(tool, (args) => void this.#run(args)); // it never rejects
    this.#form.cancel.addEventListener('click', () => this.#abort?.abort('cancelled'));
    this.#output.setAttribute('role', 'status');
    const about = element('div', { className: 'about' }, ...describe(tool));
    this.element = element('article', { className: 'card' }, about, this.#form.element);
    this.element.append(this.#progress, this.#output);
    this.element.setAttribute('aria-label', tool.title ?? tool.name);
  }

  async #run(args: Record<string, unknown>): Promise<void> {
    const abort = new AbortController();
    this.#abort = abort;
    this.#form.setRunning(true);
    this.#output.replaceChildren(element('p', { className: 'quiet' }, 'Running…'));
    const startedAt = performance.now();
    let view: HTMLElement;
    try {
      const onprogress = (progress: Progress): void => this.#showProgress(progress);
      view = renderResult(await this.#call(args, { signal: abort.signal, onprogress }));
    } catch (error) {
      const text = abort.signal.aborted ? 'Cancelled' : errorText(error);
      view = element('div', { className: 'result failed' }, element('p', { className: 'verdict' }, text));
    }
    const elapsedMs = Math.round(performance.now() - startedAt);
    this.#output.replaceChildren(view, element('p', { className: 'quiet elapsed' }, `${elapsedMs} ms`));
    this.#progress.hidden = true;
    this.#form.setRunning(false);
  }

  #showProgress({ progress, total, message }: Progress): void {
    const bar = element('progress', { ariaLabel: 'Progress' });
    if (total !== undefined) {
      bar.max = total;
      bar.value = progress;
    }
    const count = total === undefined ? String(progress) : `${progress} of ${total}`;
    const text = message === undefined ? count : `${message} (${count})`;
    this.#progress.replaceChildren(bar, element('span', { className: 'quiet' }, text));
    this.#progress.hidden = false;
  }
}

function describe(tool: Tool): HTMLElement[] {
  const { readOnlyHint, destructiveHint } = tool.annotations ?? {};
  const title = tool.title ?? tool.annotations?.title;
  const parts: HTMLElement[] = [element('h3', {}, title ?? tool.name)];
  if (title !== undefined && title !== tool.name) parts.push(element('code', {}, tool.name));
  // Hints of a server that nobody has checked; they are shown, and nothing depends on them.
  if (readOnlyHint === true) parts.push(element('span', { className: 'badge' }, 'read-only'));
  else if (destructiveHint === true)
    parts.push(element('span', { className: 'badge danger' }, 'destructive'));
  if (tool.description !== undefined) {
    parts.push(element('p', { className: 'description' }, tool.description));
  }
  return parts;
}
