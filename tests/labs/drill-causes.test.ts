import { expect } from 'chai';
import { causeKinds } from '../../src/explain/causes/index.ts';
import { load, names } from './every-lab.ts';

const plans = await Promise.all(names.map(load));

/** Faults of which no cause of the table tells: somebody takes over, or answers by himself, as he is made to. */
const withoutCause = [
  'haproxy on lb1 has ended: its health check fails, and lb2 has the VIP',
  'nginx on lb1 has ended: its health check fails, and lb2 has the VIP',
  'keepalived on lb1 has ended: lb2 has the VIP and the virtual servers, and calls go by it',
  'gw has a copy of the configuration, and a higher priority: number 51 is used twice',
  'Both pods are cut off: haproxy takes their nodes out, and answers 503 itself',
  'Both nodes have the weight 0: haproxy takes them for up, and leads to neither',
];

describe('The cause of a drill', () => {
  it('is stated by each fault for which there is one, and is in the table', () => {
    const known = causeKinds.map(({ name }) => name);
    const wrong = plans.flatMap(({ name, faults }) =>
      faults.flatMap(({ fault, cause }) =>
        (cause === undefined ? withoutCause.includes(fault) : known.includes(cause))
          ? []
          : [`${name}: ${fault}: ${cause}`],
      ),
    );
    expect(wrong).to.deep.equal([]);
  });
});
