import { expect } from 'chai';
import { gathering } from '../../src/observe/gather.ts';
import type { Live } from '../../src/observe/sent.ts';
import type { Seen } from '../../src/observe/watch.ts';

describe('gathering', () => {
  it('takes as many frames at once as a broadcast storm makes', async () => {
    const frame: Partial<Seen> = {
      place: 'a',
      at: 'a:eth0',
      direction: 'in',
      bytes: Buffer.alloc(60),
      packet: () => ({ headers: [], payload: Buffer.alloc(0) }),
    };
    const storm = Array.from({ length: 300_000 }, () => frame as Seen);
    const watch = { drain: async () => ({ seen: storm, traces: [], dropped: [] }) };
    const live = { watch } as unknown as Live;
    const { look, drained } = gathering(live, [{ send: { from: 'a', command: 'ping -c 1 b' } }], ['00'], new Set());
    await look();
    expect(drained.seen).to.have.length(storm.length);
  });
});
