// npm run matrix: every lab on every runtime that needs nothing of its user, compared. Options follow `--`.
import { setUp } from './setup.js';

await setUp();
process.env.PACKETWALK_SET_UP = '1';
const { main } = await import('../dist/cli.js');
await main(['matrix', ...process.argv.slice(2)], 'npm run lab');
