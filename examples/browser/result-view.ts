import type { CallToolResult, ContentBlock, EmbeddedResource } from '@modelcontextprotocol/sdk/types.js';

import { element } from './element.ts';

/** A tool's result. Whatever the server sent is shown as text, or as an image or a sound; nothing of it is HTML. */
export function renderResult(result: CallToolResult): HTMLElement {
  const view = element('div', { className: 'result' });
  if (result.isError === true) {
    view.classList.add('failed');
    view.append(element('p', { className: 'verdict' }, 'The tool reports an error'));
  }
  view.append(...result.content.map(renderContent));
  if (result.structuredContent !== undefined) {
    view.append(
      element('p', { className: 'quiet' }, 'Structured content'),
      element('pre', { className: 'json' }, JSON.stringify(result.structuredContent, null, 2)),
    );
  }
  if (view.childElementCount === 0) view.append(element('p', { className: 'quiet' }, 'An empty result'));
  return view;
}

function renderContent(content: ContentBlock): HTMLElement {
  if (content.type === 'text') return element('pre', {}, content.text);
  if (content.type === 'image') {
    const src = dataUrl('image', content.mimeType, content.data);
    if (src === undefined) return note(`An image of the type ${content.mimeType}, which cannot be shown`);
    return element('img', { src, alt: `Image from the tool (${content.mimeType})` });
  }
  if (content.type === 'audio') {
    const src = dataUrl('audio', content.mimeType, content.data);
    if (src === undefined) return note(`A sound of the type ${content.mimeType}, which cannot be played`);
    return element('audio', { src, controls: true });
  }
  if (content.type === 'resource_link') return note(`Resource: ${content.name} (${content.uri})`);
  return renderResource(content.resource);
}

function renderResource(resource: EmbeddedResource['resource']): HTMLElement {
  if ('text' in resource) return element('pre', {}, resource.text);
  return note(`Resource: ${resource.uri} (${resource.mimeType ?? 'unknown type'})`);
}

function note(text: string): HTMLElement {
  return element('p', { className: 'note' }, text);
}

/** Undefined unless the type is of the given family: the server chooses it. */
function dataUrl(family: 'image' | 'audio', mimeType: string, base64: string): string | undefined {
  const [type = '', subtype = ''] = mimeType.split('/', 2);
  return type === family && /^[\w.+-]+$/.test(subtype) ? `data:${mimeType};base64,${base64}` : undefined;
}
