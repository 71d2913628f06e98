import { expect } from 'chai';
import { at, type Lab, send } from '../../src/index.ts';
import type { WalkResult } from '../../src/judge/result.ts';
import { findings, takeWalks } from '../../src/prove/run.ts';
import { needsNamespaces, request, stand, twoHosts } from '../stand.ts';

const SENTENCE = "'a pings b' has a hop b:ehh0, but b has no interface ehh0. Did you mean eth0?";

/** The lab of two hosts whose packet arrives at another interface than it has. */
const misnamed = (device: string, command = 'ping -c 1 10.0.0.2'): Lab => {
  const lab = twoHosts();
  const hops = [at('a:eth0', 'It leaves', request()), at(`b:${device}`, 'It arrives', request())];
  lab.walks = { 'a pings b': { send: send('a', command), request: hops } };
  return lab;
};

/** The walk as it was judged, and what is said of it besides. */
async function taken(lab: Lab, typed = 'true'): Promise<WalkResult> {
  await using stood = await stand(lab);
  expect((await stood.runtime.script('b', typed)).code).to.equal(0);
  const found = findings();
  await takeWalks(stood, ['a pings b'], found, () => {});
  return found.walks[0]!;
}

describe('a hop at an interface that its place does not have', () => {
  before(function () {
    needsNamespaces(this);
  });

  it('fails its walk, which says so first, with the one that was probably meant', async () => {
    const { verdict, evidence } = await taken(misnamed('ehh0'));
    expect({ verdict, said: evidence[0] }).to.deep.equal({ verdict: 'failed', said: SENTENCE });
  });

  it('is not said of one that has been made since the lab was looked at', async () => {
    const { verdict, evidence } = await taken(misnamed('ehh0'), 'ip link add ehh0 type bridge');
    expect(verdict).to.equal('failed');
    expect(evidence.join('\n')).to.not.include('has no interface');
  });

  it('is not said of one that is there and saw nothing', async () => {
    const { verdict, evidence } = await taken(misnamed('eth0', 'ping -c 1 -W 0.2 10.0.0.9'));
    expect(verdict).to.equal('failed');
    expect(evidence.join('\n')).to.not.include('has no interface');
  });
});
