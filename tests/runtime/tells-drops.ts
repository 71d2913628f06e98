import { expect } from 'chai';
import { watch } from '../../src/observe/watch.ts';
import { plan } from '../../src/plan/plan.ts';
import { findings, setUp } from '../../src/prove/run.ts';
import type { Kind } from '../../src/runtime/runtime.ts';
import { twoHosts } from '../stand.ts';

/** Has a runtime's kernel drop a packet and tell of it; returns why it does not tell, if so. */
export async function tellsDrops({ start }: Pick<Kind, 'start'>): Promise<string | undefined> {
  const planned = plan(twoHosts(), 'test');
  await using runtime = await start(planned, {}, () => {});
  expect(await setUp(planned, runtime, findings(), () => {})).to.equal(true);
  const eyes = await watch(runtime, planned);
  const cannot = await eyes.watchDrops(['a', 'b']);
  await runtime.script('b', 'iptables -A INPUT -p icmp -j DROP');
  await eyes.drain();
  await runtime.script('a', 'ping -c 1 -W 0.1 10.0.0.2');
  const drops = await eyes.kernelDrops();
  const { seen } = await eyes.drain();
  const arrived = seen.find(({ at, bytes }) => at === 'b:eth0' && bytes[23] === 1)!;
  const same = drops.filter(({ packet }) => packet.equals(arrived.bytes.subarray(14)));
  expect(same.map(({ place, reason }) => [place, reason])).to.deep.equal(cannot ? [] : [['b', 'NETFILTER_DROP']]);
  return cannot;
}
