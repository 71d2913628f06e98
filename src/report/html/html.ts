import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { h } from 'preact';
import type { PageData } from '../../page/data.ts';
import { Static } from '../../page/static.tsx';
import { asset } from './asset.ts';
import { escapedHtml, markup, visible } from './markup.ts';

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

const compressed = (id: string, text: string) =>
  `<script type="text/plain" id="${id}">${gzipSync(text, { level: 9 }).toString('base64')}</script>`;

/** A report as one HTML file, which asks nobody for anything: styles, script and data are in it, and no other may run. */
export async function html(data: PageData): Promise<string> {
  const [loader, script, style] = (await Promise.all(['loader.js', 'page.js', 'page.css'].map(asset))) as [
    string,
    string,
    string,
  ];
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(loader)} ${hashOf(script)}`,
    `style-src ${hashOf(style)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="referrer" content="no-referrer">',
    '<link rel="icon" href="data:,">',
    `<title>${escapedHtml(`${data.title}: ${data.verdict}`)}</title>`,
    `<style>${style}</style>`,
    '</head>',
    '<body>',
    '<div id="app"></div>',
    markup(h(Static, { data })),
    compressed(
      'data',
      JSON.stringify(data, (_, value) => (typeof value === 'string' ? visible(value) : value)),
    ),
    compressed('script', script),
    `<script type="module">${loader}</script>`,
    '</body>',
    '</html>',
    '',
  ].join('\n');
}
