import { testLab } from 'packetwalk/node-test';

await testLab(new URL('./two-hosts.ts', import.meta.url));
