import { expect } from 'chai';
import { drill } from '../../src/prove/drill.ts';
import { fresh, isNightly, load, names, orSkip, seed, shuffled } from './every-lab.ts';

// A machine of its own for each drill takes long, where this kernel lacks what a lab needs.
const runtime = isNightly ? 'auto' : 'netns';

const plans = await Promise.all(names.map(load));

describe(`Each drill alone, on a lab that was just stood up (${isNightly ? 'all' : `one of each lab, LABS_SEED=${seed}`})`, function () {
  this.timeout(300_000);
  for (const planned of plans)
    for (const fault of isNightly ? planned.faults : shuffled(planned.faults, planned.name).slice(0, 1))
      it(`${planned.name}: ${fault.fault}`, async function () {
        await using lab = await orSkip(this, fresh(planned, runtime));
        const { result, isLeftBroken } = await drill(lab, fault);
        expect(result, result.reason).to.deep.include({ verdict: 'passed', healed: true });
        expect(isLeftBroken).to.equal(false);
      });
});
