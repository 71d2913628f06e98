// npm run bench: measures the command line and the building of state, prints tables and writes docs/benchmarks.md.
//   npm run bench -- causes                breaks labs at random, and writes docs/causes.md
//   npm run bench -- causes --page         writes its table of causes anew, with the last measurement
//   npm run bench -- class 20              holds a class of so many, and prints how long they wait
//   npm run bench -- peers                 stands hosts up beside other tools, and prints what each takes and leaves
//   npm run bench -- --rounds 3            fewer rounds
//   npm run bench -- command-line          one part; docs/benchmarks.md stays as it is
//   npm run bench -- services              times iptables, nftables and IPVS side by side
//   npm run bench -- bridge-100 script     one size, one builder
import { setUp } from './setup.js';

await setUp();
const { register } = await import('tsx/esm/api');
register();
const { bench } = await import('./bench/main.ts');
await bench(process.argv.slice(2));
