import { PIXEL_PNG } from './contents.ts';

interface FixedResource {
  uri: string;
  mimeType: string;
  description: string;
  /** The one content that reading it gives, without its URI. */
  content: { text: string } | { blob: string };
}

export const fixedResources: Readonly<Record<string, FixedResource>> = {
  'static-text': {
    uri: 'test://static-text',
    mimeType: 'text/plain',
    description: 'a text that stays as it is',
    content: { text: 'This is the content of the static text resource.' },
  },
  'static-binary': {
    uri: 'test://static-binary',
    mimeType: 'image/png',
    description: 'an image that stays as it is',
    content: { blob: PIXEL_PNG },
  },
  'watched-resource': {
    uri: 'test://watched-resource',
    mimeType: 'text/plain',
    description: 'a text that can be subscribed to',
    content: { text: 'Watched resource content' },
  },
};

export const TEMPLATE_URI = 'test://template/{id}/data';

/** What reading a URI of the template gives. */
export function templateContent(uri: string, id: string): { uri: string; mimeType: string; text: string } {
  const data = { id, templateTest: true, data: `Data for ID: ${id}` };
  return { uri, mimeType: 'application/json', text: JSON.stringify(data) };
}
