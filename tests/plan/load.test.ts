import { readdirSync } from 'node:fs';
import { expect } from 'chai';
import { load, names } from '../labs/every-lab.ts';

// `npm test` bundles before it begins.
const plans = new URL('../../dist/plans/', import.meta.url);

describe('the plans of the labs that come with packetwalk', () => {
  it('are kept for every lab', () => {
    const kept = readdirSync(plans).filter((name) => name !== 'gallery');
    expect(kept.sort()).to.deep.equal(names.map((name) => `${name}.json.br`).sort());
  });

  it('are kept for every lab of the gallery', () => {
    const files = readdirSync(new URL('../../labs/gallery/', import.meta.url));
    const labs = files.filter((file) => file.endsWith('.ts')).map((file) => file.replace('.ts', '.json.br'));
    expect(readdirSync(new URL('gallery/', plans)).sort()).to.deep.equal(labs.sort());
  });

  for (const name of names)
    it(`of ${name} is kept as its file has it`, async () => {
      const { loadPlan } = await import(new URL('../exports.js', plans).href);
      // Byte by byte: pages and baselines know a plan by what it is written down as.
      expect(JSON.stringify(await loadPlan(name))).to.equal(JSON.stringify(await load(name)));
    });
});
