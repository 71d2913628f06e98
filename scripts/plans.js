// Works out the plan of each lab of a bundle, and the list of them, so that a start need not: `node scripts/plans.js dist/exports.js`.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const { galleryNames, labNames, listed, listFile, loadPlan, plansFolder } = await import(
  pathToFileURL(resolve(process.argv[2])).href
);

mkdirSync(`${plansFolder}gallery`, { recursive: true });
for (const name of [...labNames(), ...galleryNames()]) {
  // What is wrong with a lab is said when it is used.
  const plan = await loadPlan(name).catch(() => undefined);
  if (!plan) continue;
  write(`${plansFolder}${name}.json`, plan);
}
write(listFile, await listed());

/** Writes a file that another process may be reading. */
function write(path, value) {
  writeFileSync(`${path}.${process.pid}`, JSON.stringify(value));
  renameSync(`${path}.${process.pid}`, path);
}
