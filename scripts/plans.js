// Works out the plan of each lab of a bundle, and the list of them, so that a start need not: `node scripts/plans.js dist/exports.js`.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { brotliCompressSync } from 'node:zlib';

const { claimsFile, galleryNames, labNames, listed, listFile, loadPlan, planFile, plansFolder } = await import(
  pathToFileURL(resolve(process.argv[2])).href
);

mkdirSync(`${plansFolder}gallery`, { recursive: true });
const plans = new Map();
for (const name of [...labNames(), ...galleryNames()]) {
  // What is wrong with a lab is said when it is used.
  const plan = await loadPlan(name).catch(() => undefined);
  if (plan) plans.set(name, plan);
}
// The labs have one table of claims in common, which would be a third of what is kept if each plan had it.
const shared =
  [...plans.values()].map(({ claims }) => JSON.stringify(claims)).find((claims) => claims !== '{}') ?? '{}';
write(claimsFile, shared);
// Ten times smaller, and read as fast.
for (const [name, plan] of plans)
  write(
    planFile(name),
    brotliCompressSync(JSON.stringify(JSON.stringify(plan.claims) === shared ? { ...plan, claims: null } : plan)),
  );
write(listFile, JSON.stringify(await listed()));

/** Writes a file that another process may be reading. */
function write(path, content) {
  writeFileSync(`${path}.${process.pid}`, content);
  renameSync(`${path}.${process.pid}`, path);
}
