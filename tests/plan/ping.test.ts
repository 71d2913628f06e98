import { isPing, pattern, pingLine, unfollowable } from '../../src/plan/ping.ts';
import { expect } from 'chai';

describe('pingLine', () => {
  it('gives a ping its pattern and how long it waits', () => {
    expect(pingLine('ping -c 1 10.0.0.2', 'abcd', 2)).to.equal('ping -p abcd -W 2 -c 1 10.0.0.2');
  });

  it('leaves a lab’s own waiting time alone, and every other command', () => {
    expect(pingLine('ping -c 1 -W 5 10.0.0.2', 'abcd', 2)).to.equal('ping -p abcd -c 1 -W 5 10.0.0.2');
    expect(pingLine('curl 10.0.0.2', 'abcd', 2)).to.equal('curl 10.0.0.2');
    expect(isPing('pinger 10.0.0.2')).to.equal(false);
  });
});

describe('pattern', () => {
  it('is 8 bytes that are not the same again', () => {
    const many = new Set(Array.from({ length: 100 }, pattern));
    expect(many.size).to.equal(100);
    for (const each of many) expect(each).to.match(/^[0-9a-f]{16}$/);
  });
});

describe('unfollowable', () => {
  it('is nothing for one packet with room for the pattern', () => {
    for (const command of [
      'ping -c 1 h',
      'ping -c1 h',
      'ping -nc 1 h',
      'ping -M do -s 1422 -c 1 h',
      'ping -c 1 -s24 h',
    ])
      expect(unfollowable(command), command).to.equal(undefined);
  });

  it('is a sentence for all else', () => {
    for (const command of ['ping h', 'ping -c 2 h', 'ping -c 11 h', 'ping -c 1 -s 23 h', 'ping -c 1 -p ff h'])
      expect(unfollowable(command), command).to.be.a('string');
  });
});
