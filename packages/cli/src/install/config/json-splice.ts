import type { Node } from 'jsonc-parser';

/*
 * Changes of one member in the text of an object. jsonc-parser's own edits put a new member between its neighbour and
 * the comment that belongs to that, and taking it out again leaves another text than before; here adding and removing
 * are each other's inverse.
 */

export function addMember(text: string, object: Node, key: string, value: unknown): string {
  const { eol, unit, space } = layoutOf(text);
  const last = object.children?.at(-1);
  const close = endOf(object) - 1;
  const label = `${JSON.stringify(key)}:`;
  // An empty object says nothing of how the file is written; the rest of the file does.
  const around = last === undefined ? text.trim() : text.slice(object.offset, close);
  if (!around.includes('\n') && around !== '{}') {
    const member = `${label}${space}${renderInline(value, space)}`;
    if (last === undefined) return splice(text, close, close, member);
    const { commaEnd } = behind(text, last);
    return commaEnd === undefined
      ? splice(text, endOf(last), endOf(last), `,${space}${member}`)
      : splice(text, commaEnd, commaEnd, `${space}${member},`);
  }

  const outer = indentAt(text, object.offset);
  const indent = last !== undefined && startsLine(text, last) ? indentAt(text, last.offset) : outer + unit;
  const line = `${eol}${indent}${label} ${render(value, { eol, unit, indent })}`;
  if (last === undefined) {
    // Behind a comment, if there is one.
    const innerEnd = text.slice(0, close).trimEnd().length;
    return splice(text, innerEnd, close, `${line}${eol}${outer}`);
  }
  const { commaEnd, lineEnd } = behind(text, last);
  if (commaEnd !== undefined) return splice(text, lineEnd, lineEnd, `${line},`);
  return splice(splice(text, lineEnd, lineEnd, line), endOf(last), endOf(last), ',');
}

export function removeMember(text: string, object: Node, member: Node): string {
  const siblings = object.children ?? [];
  const previous = siblings[siblings.indexOf(member) - 1];
  const { commaEnd } = behind(text, member);
  let from = member.offset;
  let to = commaEnd ?? endOf(member);
  let rest = text;
  if (commaEnd !== undefined && text.slice(endOf(member), commaEnd - 1).trim() !== '') {
    // A comment between the two stays.
    to = endOf(member);
    rest = splice(text, commaEnd - 1, commaEnd, '');
  }
  const spaceBehind = /^[ \t]*/.exec(rest.slice(to))?.[0].length ?? 0;
  if (startsLine(rest, member) && /^\r?\n/.test(rest.slice(to + spaceBehind))) {
    // The line with all that it has, and the break in front.
    to += spaceBehind;
    from = rest.slice(0, from).replace(/\r?\n[ \t]*$/, '').length;
  } else if (startsLine(rest, member) || previous === undefined) {
    // What else is on its line, such as a comment behind it, moves up to its place.
    to += spaceBehind;
  } else {
    from = rest.slice(0, from).trimEnd().length;
  }
  const removed = splice(rest, from, to, '');
  if (siblings.length === 1) {
    const close = endOf(object) - 1 - (text.length - removed.length);
    const isEmpty = removed.slice(object.offset + 1, close).trim() === '';
    return isEmpty ? splice(removed, object.offset + 1, close, '') : removed;
  }
  // The last one has no comma of its own: that of the one in front separated the two.
  const separator = commaEnd === undefined && previous ? behind(text, previous).commaEnd : undefined;
  return separator === undefined ? removed : splice(removed, separator - 1, separator, '');
}

export function replaceValue(text: string, value: Node, replacement: unknown): string {
  const layout = layoutOf(text);
  const rendered = text.trim().includes('\n')
    ? render(replacement, { ...layout, indent: indentAt(text, value.offset) })
    : renderInline(replacement, layout.space);
  return splice(text, value.offset, endOf(value), rendered);
}

/** What stands behind a member: the end of its comma, and of the last comment on the same line. */
function behind(text: string, member: Node): { commaEnd?: number; lineEnd: number } {
  const found: { commaEnd?: number; lineEnd: number } = { lineEnd: endOf(member) };
  // White space, breaks, comments, a comma.
  const between = /[ \t]+|\r?\n|\/\/[^\r\n]*|\/\*[\s\S]*?\*\/|,/y;
  let sameLine = true;
  between.lastIndex = endOf(member);
  for (let piece = between.exec(text)?.[0]; piece !== undefined; piece = between.exec(text)?.[0]) {
    if (piece === ',') {
      if (found.commaEnd !== undefined) break;
      found.commaEnd = found.lineEnd = between.lastIndex;
      sameLine = true;
    } else if (piece.endsWith('\n')) sameLine = false;
    else if (piece.startsWith('/') && sameLine) found.lineEnd = between.lastIndex;
  }
  return found;
}

interface Layout {
  eol: string;
  unit: string;
  /** Between two things on one line. */
  space: string;
}

/** How the text is written, by its first examples. */
function layoutOf(text: string): Layout {
  return {
    eol: text.includes('\r\n') ? '\r\n' : '\n',
    unit: /\n([ \t]+)"/.exec(text)?.[1] ?? '  ',
    space: /":\S/.test(text) ? '' : ' ',
  };
}

/** Objects take lines, lists stay on one: arguments are read as a command line. */
function render(value: unknown, layout: { eol: string; unit: string; indent: string }): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return renderInline(value, ' ');
  const { eol, unit, indent } = layout;
  const inner = { ...layout, indent: indent + unit };
  const members = Object.entries(value).map(
    ([key, item]) => `${inner.indent}${JSON.stringify(key)}: ${render(item, inner)}`,
  );
  return `{${eol}${members.join(`,${eol}`)}${eol}${indent}}`;
}

function renderInline(value: unknown, space: string): string {
  if (Array.isArray(value)) return `[${value.map((item) => renderInline(item, space)).join(`,${space}`)}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(
    ([key, item]) => `${JSON.stringify(key)}:${space}${renderInline(item, space)}`,
  );
  return `{${members.join(`,${space}`)}}`;
}

function startsLine(text: string, { offset }: Node): boolean {
  return /(^|\n)[ \t]*$/.test(text.slice(0, offset));
}

/** The white space with which the line of this place begins. */
function indentAt(text: string, offset: number): string {
  return /(?:^|\n)([ \t]*)[^\n]*$/.exec(text.slice(0, offset))?.[1] ?? '';
}

function endOf({ offset, length }: Node): number {
  return offset + length;
}

function splice(text: string, from: number, to: number, inserted: string): string {
  return text.slice(0, from) + inserted + text.slice(to);
}
