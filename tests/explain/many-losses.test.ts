import { expect } from 'chai';
import type { Live } from '../../src/observe/sent.ts';
import { plan } from '../../src/plan/plan.ts';
import { walk } from '../../src/prove/walk.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { needsNamespaces, stand, twoHosts } from '../stand.ts';

const LOSSES = 100;
const MOST_AT_ONCE = 16;

/** A runtime that counts how many scripts are under way at a time, and notes where each line that tells of connections is typed. */
function counting(runtime: Runtime): { runtime: Runtime; most(): number; connections: string[] } {
  let [underWay, most] = [0, 0];
  const connections: string[] = [];
  const script: Runtime['script'] = async (...asked) => {
    if (asked[1].startsWith('conntrack -L')) connections.push(asked[0]);
    underWay++;
    most = Math.max(most, underWay);
    try {
      return await runtime.script(...asked);
    } finally {
      underWay--;
    }
  };
  const proxy = new Proxy(runtime, {
    get: (target, name) => {
      if (name === 'script') return script;
      const value = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return { runtime: proxy, most: () => most, connections };
}

describe(`${LOSSES} walks that are lost at once`, function () {
  this.timeout(60_000);

  it(`are each told their cause, by at most ${MOST_AT_ONCE} scripts at a time`, async function () {
    needsNamespaces(this);
    const lab = twoHosts();
    const [listed] = Object.values(lab.walks);
    lab.walks = Object.fromEntries(Array.from({ length: LOSSES }, (_, i) => [`walk ${i}`, listed!]));
    lab.setup = { 'b drops pings': { b: 'iptables -A INPUT -p icmp -j DROP' } };
    await using stood = await stand(plan(lab, 'many'));
    const { runtime, most, connections } = counting(stood.runtime);
    const live: Live = { ...stood, runtime };
    const results = await walk(live, stood.plan.walks, { causes: true, waitS: 0.5, isPatient: true });
    expect(results.filter(({ causes }) => causes[0]?.cause !== 'firewall rule').map(({ name }) => name)).to.deep.equal(
      [],
    );
    expect(most()).to.be.at.most(MOST_AT_ONCE);
    expect(connections, 'each place is asked once, whoever lost a packet there').to.have.length(
      new Set(connections).size,
    );
  });
});
