// npm run daemons [NAME …]: builds real daemons with Go, pinned in daemons/. `npm run daemons -- --list` says which there are.
import { setUp } from './setup.js';

await setUp();
process.env.PACKETWALK_SET_UP = '1';
const { main } = await import('../dist/cli.js');
await main(['daemons', ...process.argv.slice(2)], 'npm run lab');
