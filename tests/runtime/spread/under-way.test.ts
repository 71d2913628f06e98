import { expect } from 'chai';
import type { Agent } from '../../../src/runtime/agent/agent.ts';
import type { EndHeard } from '../../../src/runtime/agent/held-ends.ts';
import { relays } from '../../../src/runtime/spread/relays.ts';

describe('What is under way on relayed cables', () => {
  /** Relays with one cable, and what its first end sends; the second one takes it or not. */
  async function cabled(hasRoom = true) {
    const heard: EndHeard[] = [];
    const handed: Buffer[] = [];
    const ends = {
      hold: async (_: string, __: object, told: EndHeard) => {
        heard.push(told);
        const pass = (frames: Buffer[]) => hasRoom && handed.push(...frames) > 0;
        return { pass, plug: async () => {}, tear: async () => {} };
      },
      lost: async () => [],
    };
    const relay = relays();
    const end = (place: string, index: number) => ({
      ...{ place, index, own: 10_000, machine: place },
      agent: { ends } as unknown as Agent,
    });
    await relay.join('0', [end('a', 1), end('b', 2)]);
    return { relay, handed, sends: (frame: Buffer) => heard[0]!.relayed([frame]) };
  }

  it('is what waits at machines', async () => {
    const { relay } = await cabled();
    expect(await relay.underWay(async () => 3)).to.equal(3);
    expect(await relay.underWay(async () => 0)).to.equal(0);
  });

  it('is a frame that is handed to a machine while others are still asked what waits there', async () => {
    const { relay, handed, sends } = await cabled();
    const asking = async () => {
      sends(Buffer.from('a frame'));
      return 0;
    };
    expect(await relay.underWay(asking)).to.equal(1);
    expect(handed).to.have.length(1);
    expect(await relay.underWay(async () => 0)).to.equal(0);
  });

  it('is lost, and counted so once, where nobody has room for it', async () => {
    const { relay, sends } = await cabled(false);
    sends(Buffer.from('a frame'));
    expect([...(await relay.lost())]).to.deep.equal([['a', 1]]);
    expect([...(await relay.lost())]).to.deep.equal([]);
  });
});
