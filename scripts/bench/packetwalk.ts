// One lab of the benchmark, stood up by packetwalk in this process: `packetwalk.js bridge 100`. It says when the state is
// there, runs $LOOK in each place whose name it reads, and takes the lab down when its input ends.
import { createInterface } from 'node:readline';
import { plan } from '../../src/plan/plan.ts';
import { findings, setUp } from '../../src/prove/run.ts';
import { startNetns } from '../../src/runtime/netns/index.ts';
import { labOf, type Topology } from './labs.ts';

const say = (words: object) => process.stdout.write(`${JSON.stringify(words)}\n`);

const [topology, size] = process.argv.slice(2);
const lab = plan(labOf(topology as Topology, Number(size)), `${topology}-${size}`);
const found = findings();

const began = performance.now();
const runtime = await startNetns(lab);
const nodesMs = performance.now() - began;
const ready = await setUp(lab, runtime, found, () => {});
if (!ready) throw new Error(JSON.stringify(found.steps.at(-1)));
say({
  upMs: performance.now() - began,
  stepsMs: {
    'Start the nodes': nodesMs,
    ...Object.fromEntries(found.steps.map((step) => [step.title, step.durationMs])),
  },
});

for await (const place of createInterface({ input: process.stdin }))
  process.stdout.write((await runtime.script(place, process.env.LOOK!)).stdout);

const ending = performance.now();
await runtime[Symbol.asyncDispose]();
say({ downMs: performance.now() - ending });
