/** What the fixture says of itself: with all that a server may say. */
export const serverInfo = {
  name: 'fixture',
  version: '1.2.3',
  title: 'Fixture Å',
  websiteUrl: 'https://example.org/ü',
  icons: [{ src: 'data:image/svg+xml;base64,PHN2Zy8+', mimeType: 'image/svg+xml', sizes: ['any'] }],
};

export const instructions = 'Call the tools.\nThey are harmless \u{1f600}.';

export const capabilities = {
  tools: { listChanged: true },
  prompts: { listChanged: true },
  resources: { listChanged: true, subscribe: true },
  completions: {},
  logging: {},
  experimental: { 'example.org/try': { depth: 3 } },
  extensions: { 'example.org/extension': { setting: [1, null] } },
};

export const clientInfo = {
  name: 'checklist',
  version: '3.2.1',
  title: 'Prüfer',
  icons: [{ src: 'data:image/svg+xml;base64,PHN2Zy8+' }],
};

export const clientCapabilities = {
  sampling: { tools: {} },
  elicitation: { form: {}, url: {} },
  roots: { listChanged: true },
  experimental: { 'example.org/try': { width: 2 } },
  extensions: { 'example.org/extension': { also: true } },
};
