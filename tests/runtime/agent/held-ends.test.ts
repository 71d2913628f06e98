import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import { connect } from '../../../src/runtime/agent/agent.ts';
import { message, words } from '../../../src/runtime/agent/wire-format.ts';

describe('An end of a cable that an agent holds', () => {
  it('takes no more than can wait for an agent that does not read, and more once that has read', async () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const agent = connect(input, output, 'it');
    output.write(message(['speaks', '4']));
    input.on('data', (bytes: Buffer) => {
      const [op, id = ''] = words(bytes.subarray(4)).map(String);
      if (op !== 'pass') output.write(message(['ok', id]));
    });
    const heard = { relayed() {}, plugged() {}, torn() {} };
    const end = await agent.ends.hold('0', { place: 'a', index: 1, own: 2 }, heard);
    const frames = [Buffer.alloc(1 << 20)];
    input.pause();
    let taken = 0;
    while (end.pass(frames)) taken++;
    expect(taken).to.be.within(16, 20);
    input.resume();
    while (!end.pass(frames)) await setImmediate();
  });
});
