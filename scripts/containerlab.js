// node scripts/containerlab.js: writes every lab as a topology for containerlab, to containerlab/<lab>.clab.yml.
import { readdir, rm, writeFile } from 'node:fs/promises';
import { setUp } from './setup.js';

await setUp();
const { clab, labNames, loadPlan } = await import('../dist/exports.js');
const folder = new URL('../containerlab/', import.meta.url);
const labs = labNames();
for (const old of await readdir(folder))
  if (old.endsWith('.clab.yml') && !labs.includes(old.slice(0, -'.clab.yml'.length))) await rm(new URL(old, folder));
for (const name of labs) await writeFile(new URL(`${name}.clab.yml`, folder), clab(await loadPlan(name)));
console.log(`${labs.length} topologies: containerlab/${labs.join('.clab.yml, containerlab/')}.clab.yml`);
