import { setUp } from './setup.js';

await setUp();
process.env.PACKETWALK_SET_UP = '1';
const { main } = await import('../dist/cli.js');
await main(process.argv.slice(2), 'npm run lab');
