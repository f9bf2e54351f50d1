import type { ContentBlock } from '@modelcontextprotocol/sdk/types.js';

import { formatBytes, oneLine } from '../terminal.ts';

export interface ToolOutput {
  content: readonly ContentBlock[];
  structuredContent?: unknown;
}

/** A result as text. Bytes are named with their type and size; `--out` writes them. */
export function formatResult({ content, structuredContent }: ToolOutput): string {
  const lines = content.map(formatBlock);
  const hasText = content.some((block) => block.type === 'text' && block.text !== '');
  if (structuredContent !== undefined && !hasText)
    lines.push(JSON.stringify(structuredContent, undefined, 2));
  return lines.map((line) => (line.endsWith('\n') ? line : `${line}\n`)).join('');
}

/** The images, sounds and binary resources of a result, in their order. */
export function bytesIn(content: readonly ContentBlock[]): Buffer[] {
  return content.flatMap((block) => {
    if (block.type === 'image' || block.type === 'audio') return [Buffer.from(block.data, 'base64')];
    if (block.type === 'resource' && 'blob' in block.resource)
      return [Buffer.from(block.resource.blob, 'base64')];
    return [];
  });
}

/** `pic.png`, `pic-2.png`, `pic-3.png` */
export function numberedPath(path: string, index: number): string {
  return index === 0 ? path : path.replace(/(\.[^./\\]+)?$/, (extension) => `-${index + 1}${extension}`);
}

function formatBlock(block: ContentBlock): string {
  if (block.type === 'text') return block.text;
  if (block.type === 'image' || block.type === 'audio') {
    return `[${block.type} ${oneLine(block.mimeType, 60)}, ${formatBytes(base64Bytes(block.data))}]`;
  }
  if (block.type === 'resource_link') {
    return `[resource ${oneLine(`${block.uri}  ${block.description ?? ''}`, 300)}]`;
  }
  const { resource } = block;
  if ('text' in resource) return resource.text;
  return `[resource ${oneLine(resource.uri, 200)}, ${formatBytes(base64Bytes(resource.blob))}]`;
}

function base64Bytes(text: string): number {
  return Buffer.byteLength(text, 'base64');
}
