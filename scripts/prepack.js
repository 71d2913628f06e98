// npm pack: what is published is built anew, without what older builds left in dist/.
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from './build.js';

const root = fileURLToPath(new URL('..', import.meta.url));
rmSync(new URL('../dist', import.meta.url), { recursive: true, force: true });
await build(root);
await import('./types.js');
