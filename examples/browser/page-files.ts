import { readFile } from 'node:fs/promises';

import { build } from 'esbuild';

/** One file of the page as a web server sends it. */
export interface PageFile {
  name: 'index.html' | 'style.css' | 'page.js';
  contentType: string;
  body: Uint8Array;
}

/** The three files of the page; its script is one bundle, without `eval` and without imports. */
export async function pageFiles(): Promise<PageFile[]> {
  const folder = new URL('.', import.meta.url);
  const [html, css, bundle] = await Promise.all([
    readFile(new URL('index.html', folder)),
    readFile(new URL('style.css', folder)),
    build({
      entryPoints: [new URL('page.ts', folder).pathname],
      bundle: true,
      write: false,
      minify: true,
      format: 'iife',
      platform: 'browser',
      target: 'es2022',
      conditions: ['@mcp-nostr/source'],
      logLevel: 'error',
    }),
  ]);
  const [script] = bundle.outputFiles;
  if (script === undefined) throw new Error('esbuild made no file');
  return [
    { name: 'index.html', contentType: 'text/html; charset=utf-8', body: html },
    { name: 'style.css', contentType: 'text/css; charset=utf-8', body: css },
    { name: 'page.js', contentType: 'text/javascript; charset=utf-8', body: script.contents },
  ];
}
