import type { OutgoingHttpHeaders } from 'node:http';
import { asset } from '../report/html/asset.ts';
import { escapedHtml } from '../report/html/markup.ts';
import type { Site } from './guard.ts';

/** What a path leads to; there is nothing else to be had, and nothing of it is secret: all that is comes over the socket. */
export interface Resource {
  type: string;
  text: string;
}

/** What is shown in the browser: an open lab, or a class. */
export type Shown = 'lab' | 'class';

/** All that a browser can get, by its path. */
export async function resources(title: string, shown: Shown): Promise<ReadonlyMap<string, Resource>> {
  const [script, style] = await Promise.all(['live.js', 'live.css'].map(asset));
  return new Map([
    ['/', { type: 'text/html', text: html(title, shown) }],
    ['/live.js', { type: 'text/javascript', text: script! }],
    ['/live.css', { type: 'text/css', text: style! }],
  ]);
}

const html = (title: string, shown: Shown) =>
  [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<link rel="icon" href="data:,">',
    '<link rel="stylesheet" href="/live.css">',
    `<title>${escapedHtml(title)}</title>`,
    '</head>',
    '<body>',
    `<div id="app" data-shown="${shown}">`,
    '<noscript>This page needs JavaScript: it shows what happens in a lab while it does.</noscript>',
    '</div>',
    '<script type="module" src="/live.js"></script>',
    '</body>',
    '</html>',
    '',
  ].join('\n');

/** What every answer says besides: what may run on the page, and that nobody else may have any of it. */
export function safetyHeaders({ protocol }: Site, host: string): OutgoingHttpHeaders {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    // A terminal makes a style sheet for its colours and the size of its letters.
    "style-src 'self' 'unsafe-inline'",
    'img-src data:',
    `connect-src ${protocol === 'https' ? 'wss' : 'ws'}://${host}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ];
  return {
    'Content-Security-Policy': policy.join('; '),
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
    'Permissions-Policy': 'camera=(), microphone=(), geolocation=(), clipboard-read=()',
    'Cache-Control': 'no-store',
  };
}
