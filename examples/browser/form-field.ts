import { isRecord, randomHex } from '@mcp-nostr/core';

import { element } from './element.ts';

/** One property of a tool's arguments. */
export interface FormField {
  element: HTMLElement;
  /** What was entered; undefined for a property to leave out. */
  read: () => unknown;
}

type Input = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

interface Property {
  schema: Record<string, unknown>;
  isRequired: boolean;
  /** What stands for "nothing entered": null where the schema wants a value and takes null. */
  nothing: null | undefined;
}

/** A labelled input for a property of a JSON Schema. */
export function createField(name: string, given: unknown, isRequired: boolean): FormField {
  const { schema, isNullable } = withoutNull(isRecord(given) ? given : {});
  const nothing = isRequired && isNullable ? null : undefined;
  const { input, read } = createInput({ schema, isRequired: isRequired && !isNullable, nothing });
  const title = typeof schema['title'] === 'string' ? schema['title'] : name;
  const label = element('label', { htmlFor: (input.id = `field-${randomHex(4)}`) }, title);
  if (input.required) label.append(element('span', { className: 'quiet' }, ' required'));
  const field = element('div', { className: 'field' }, label, input);
  if (input instanceof HTMLInputElement && input.type === 'checkbox') field.classList.add('check');
  const description = schema['description'];
  if (typeof description === 'string') {
    const hint = element('p', { className: 'hint', id: `${input.id}-hint` }, description);
    input.setAttribute('aria-describedby', hint.id);
    field.append(hint);
  }
  return { element: field, read };
}

function createInput(property: Property): { input: Input; read: () => unknown } {
  const { schema } = property;
  if (Array.isArray(schema['enum'])) return choice(property, schema['enum']);
  if ('const' in schema) return choice(property, [schema['const']]);
  if (schema['type'] === 'boolean') return checkbox(property);
  if (schema['type'] === 'number' || schema['type'] === 'integer') return number(property);
  if (schema['type'] === 'string') return text(property);
  return json(property);
}

/** The values need not be strings, so an option stands for its place in the list. */
function choice({ schema, isRequired, nothing }: Property, values: unknown[]) {
  const input = element('select', { required: isRequired });
  if (!isRequired) input.append(element('option', { value: '' }, '(none)'));
  for (const [index, value] of values.entries()) {
    const option = element('option', { value: String(index) }, String(value));
    option.selected = 'default' in schema && schema['default'] === value;
    input.append(option);
  }
  return { input, read: () => (input.value === '' ? nothing : values[Number(input.value)]) };
}

function checkbox({ schema, isRequired, nothing }: Property) {
  const initial = schema['default'];
  const input = element('input', { type: 'checkbox', checked: initial === true });
  // Unticked is "no" only where the server expects an answer or would otherwise assume one.
  const saysNo = isRequired || initial !== undefined;
  return { input, read: () => input.checked || (saysNo ? false : nothing) };
}

function number({ schema, isRequired, nothing }: Property) {
  const isInteger = schema['type'] === 'integer';
  const input = element('input', { type: 'number', step: isInteger ? '1' : 'any', required: isRequired });
  const { minimum, maximum, default: initial } = schema;
  // A step counts from `min`, which must not make whole numbers invalid.
  if (typeof minimum === 'number') input.min = String(isInteger ? Math.ceil(minimum) : minimum);
  if (typeof maximum === 'number') input.max = String(maximum);
  if (typeof initial === 'number') input.value = String(initial);
  return { input, read: () => (input.value === '' ? nothing : input.valueAsNumber) };
}

function text({ schema, isRequired, nothing }: Property) {
  const input = element('input', { type: 'text', required: isRequired, autocomplete: 'off' });
  if (typeof schema['default'] === 'string') input.value = schema['default'];
  return { input, read: () => (input.value === '' ? nothing : input.value) };
}

/** Arrays, objects and whatever else a schema can say. */
function json({ schema, isRequired, nothing }: Property) {
  const input = element('textarea', { required: isRequired, rows: 3, spellcheck: false });
  input.placeholder = schema['type'] === 'array' ? '["JSON", …]' : '{ "JSON": … }';
  if (schema['default'] !== undefined) input.value = JSON.stringify(schema['default'], null, 2);
  const read = (): unknown => (input.value.trim() === '' ? nothing : JSON.parse(input.value));
  input.addEventListener('input', () => {
    try {
      read();
      input.setCustomValidity('');
    } catch (error) {
      input.setCustomValidity(`Not JSON: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
  return { input, read };
}

/** `anyOf: [X, null]` and `type: [X, 'null']` are X that may be missing. */
function withoutNull(schema: Record<string, unknown>): {
  schema: Record<string, unknown>;
  isNullable: boolean;
} {
  const { anyOf, type, ...rest } = schema;
  if (Array.isArray(anyOf)) {
    const others = anyOf.filter((one) => !isRecord(one) || one['type'] !== 'null');
    const only: unknown = others[0];
    if (others.length === 1 && anyOf.length === 2 && isRecord(only)) {
      return { schema: { ...only, ...rest }, isNullable: true };
    }
  }
  if (Array.isArray(type) && type.length === 2 && type.includes('null')) {
    return { schema: { ...rest, type: type.find((one) => one !== 'null') }, isNullable: true };
  }
  return { schema, isNullable: false };
}
