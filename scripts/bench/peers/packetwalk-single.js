// packetwalk-single.js RUNTIME FILE: packetwalk's hosts on one bridge, the lab of a JSON file, by the part of the package that programs use.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { up } from '../../../dist/run.js';

const [runtime, file] = process.argv.slice(2);
const lab = await up(JSON.parse(readFileSync(file, 'utf8')), { runtime });
console.log('up');
for await (const host of createInterface({ input: process.stdin }))
  process.stdout.write((await lab.exec(host, process.env.LOOK)).stdout);
await lab.down();
