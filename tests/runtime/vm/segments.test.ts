import { expect } from 'chai';
import { segmentWords } from '../../../src/runtime/vm/segments.ts';

const on = (name: string, ...segments: string[]) => ({ name, nics: segments.map((segment) => ({ segment })) });
const options = (...machines: ReturnType<typeof on>[]) =>
  segmentWords(machines).map((words) => words.filter((word) => word !== '-netdev'));

describe('The segments of virtual machines', () => {
  it('join two ends by datagrams', () => {
    expect(options(on('a', 'lan'), on('b', 'other', 'lan'))).to.deep.equal([
      ['dgram,id=net1,local.type=unix,local.path=net1.socket,remote.type=unix,remote.path=../b/net2.socket'],
      [
        'dgram,id=net2,local.type=unix,local.path=net2.socket,remote.type=unix,remote.path=../a/net1.socket',
        'hubport,id=net1,hubid=1',
      ],
    ]);
  });

  it('have their hub in the first of several machines, with a cable to each other one', () => {
    expect(options(on('a', 'lan'), on('b', 'lan'), on('c', 'lan'))).to.deep.equal([
      [
        'hubport,id=net1,hubid=0',
        'dgram,id=hub0-b-net1,local.type=unix,local.path=b-net1.socket,remote.type=unix,remote.path=../b/net1.socket',
        'hubport,id=port0-b-net1,hubid=0,netdev=hub0-b-net1',
        'dgram,id=hub0-c-net1,local.type=unix,local.path=c-net1.socket,remote.type=unix,remote.path=../c/net1.socket',
        'hubport,id=port0-c-net1,hubid=0,netdev=hub0-c-net1',
      ],
      ['dgram,id=net1,local.type=unix,local.path=net1.socket,remote.type=unix,remote.path=../a/b-net1.socket'],
      ['dgram,id=net1,local.type=unix,local.path=net1.socket,remote.type=unix,remote.path=../a/c-net1.socket'],
    ]);
  });

  it('keep apart two cards of one machine', () => {
    expect(options(on('a', 'left', 'right'))).to.deep.equal([['hubport,id=net1,hubid=0', 'hubport,id=net2,hubid=1']]);
  });
});
