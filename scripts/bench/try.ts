import { mkdtemp, rm } from 'node:fs/promises';
import { builders, bundle } from '/work/main/scripts/bench/builders.ts';
import { labOf } from '/work/main/scripts/bench/labs.ts';
import { quiet } from '/work/main/scripts/bench/quiet.ts';
import { raise } from '/work/main/scripts/bench/raise.ts';
import { differences, lookedAt, stateOf } from '/work/main/scripts/bench/state.ts';
import { plan } from '/work/main/src/plan.ts';

const folder = await mkdtemp('/tmp/pwb-');
await bundle(folder);
const [topology, size, only, rounds = '1'] = process.argv.slice(2) as any;
const p = plan(labOf(topology, +size), `${topology}-${size}`);
const bs = await builders(topology, +size, p, folder);
const places = only ? [] : lookedAt(p);
const states: any = {};
for (let r = 0; r < +rounds; r++)
  for (const [name, b] of Object.entries(bs) as any) {
    if (only && !only.split(',').includes(name)) continue;
    if (b.absent) {
      console.log(name, b.absent);
      continue;
    }
    const r = await raise(b.words, name === 'mininet' ? [] : places);
    const t = performance.now();
    await quiet();
    console.log(
      name,
      r.upMs.toFixed(0),
      r.downMs.toFixed(0),
      r.wallMs.toFixed(0),
      'free',
      (performance.now() - t).toFixed(0),
      JSON.stringify(r.stepsMs),
    );
    states[name] = stateOf(r.printed, p);
  }
if (!only) {
  console.log(states.packetwalk.length, states.packetwalk.join('').length);
  for (const o of ['script', 'script-P2'])
    console.log(
      o,
      differences(states.packetwalk, states[o]).map((d: string) => d.slice(0, 1500)),
    );
}
if (process.env.KEEP) console.log(folder);
else await rm(folder, { recursive: true });
