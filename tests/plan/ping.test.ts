import { expect } from 'chai';
import { isPing, mentionsPing, pattern, pingLine, unfollowable } from '../../src/plan/ping.ts';

describe('pingLine', () => {
  it('gives a ping its pattern and how long it waits', () => {
    expect(pingLine('ping -c 1 10.0.0.2; true', 'abcd', 2)).to.equal('ping -p abcd -W 2 -c 1 10.0.0.2; true');
  });

  it('has one that is alone wait for longer, where nothing is said: it can be interrupted', () => {
    for (const command of ['ping -c 1 h', 'ping -c 1 -I W h', 'ping -c 1 h # -W 2', 'ping -c 1 -- -W'])
      expect(pingLine(command, 'abcd'), command).to.equal(command.replace('ping', 'ping -p abcd -W 3'));
    expect(pingLine('ping -c 1 h; true', 'abcd')).to.equal('ping -p abcd -W 1 -c 1 h; true');
  });

  it('leaves a lab’s own waiting time alone, and every other command', () => {
    expect(pingLine('ping -c 1 -W 5 10.0.0.2', 'abcd', 2)).to.equal('ping -p abcd -c 1 -W 5 10.0.0.2');
    expect(pingLine('curl 10.0.0.2', 'abcd', 2)).to.equal('curl 10.0.0.2');
    for (const command of ['ping -W2 -c 1 h', 'ping -nW2 -c 1 h', 'ping -c 1 "-W" 2 h', 'ping -qnW 2 -c1 h'])
      expect(pingLine(command, 'abcd', 2), command).to.equal(command.replace('ping', 'ping -p abcd'));
  });

  it('reads a ping’s own words, and no others', () => {
    for (const command of [
      'ping -c 1 h; foo -W 2',
      'ping -c 1 h | grep -W',
      'ping  -c  1  h > /dev/null; sleep 1',
      'ping -c 1 h > /dev/null 2>&1',
      'ping -c 1 h && ping -c 1 i',
    ])
      expect(pingLine(command, 'abcd', 2), command).to.equal(command.replace('ping', 'ping -p abcd -W 2'));
  });

  it('runs every other command as it was typed', () => {
    for (const command of [
      'pinger 10.0.0.2',
      'pingg X',
      'ping4 -c 1 h',
      'ping6 -c 1 h',
      '/usr/bin/ping -c 1 h',
      'timeout 2 ping -c 1 h',
      'env LC_ALL=C ping -c 1 h',
      'sh -c "ping -c 1 h"',
      'true && ping -c 1 h',
      'LC_ALL=C ping -c 1 h',
      'exec ping -c 1 h',
      'ping-all h',
      'ping',
      '"ping" -c 1 h',
    ]) {
      expect(isPing(command), command).to.equal(false);
      expect(pingLine(command, 'abcd', 2), command).to.equal(command);
      expect(unfollowable(command), command).to.equal(undefined);
    }
  });
});

describe('mentionsPing', () => {
  it('finds a ping however it is run', () => {
    for (const command of ['ping -c 1 h', '/usr/bin/ping h', 'sh -c "ping h"', 'true && ping4 h', 'timeout 2 ping h'])
      expect(mentionsPing(command), command).to.equal(true);
    for (const command of ['curl h', 'pinger h', 'my-ping h', 'nc -u h 5'])
      expect(mentionsPing(command), command).to.equal(false);
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
      'ping -c 3 -c 1 h',
      'ping -c $N h',
      'ping $OPTIONS h',
      'ping -c "1" h',
      'ping -c $(echo 1) h',
      'ping -c 1 -s $SIZE h',
      'ping -c 1 h | grep -c 3',
      'ping -c 1 h; mkdir -p x',
      'ping -I p -c 1 h',
    ])
      expect(unfollowable(command), command).to.equal(undefined);
  });

  it('is a sentence for all else', () => {
    for (const command of [
      'ping h',
      'ping -c 2 h',
      'ping -c 11 h',
      'ping -c 1 -s 23 h',
      'ping -c 1 -p ff h',
      'ping -nc3 h',
      'ping "-c" "2" h; true',
    ])
      expect(unfollowable(command), command).to.be.a('string');
  });
});
