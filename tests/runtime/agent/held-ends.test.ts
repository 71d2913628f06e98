import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import { connect } from '../../../src/runtime/agent/agent.ts';
import { heldEnds } from '../../../src/runtime/agent/held-ends.ts';
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

  it('lets a request overtake the frames that wait, and nothing that is about a cable', async () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const agent = connect(input, output, 'it');
    output.write(message(['speaks', '4']));
    const ops: string[] = [];
    let read = Buffer.alloc(0);
    input.on('data', (bytes: Buffer) => {
      read = Buffer.concat([read, bytes]);
      while (read.length >= 4 && read.length >= 4 + read.readUInt32BE()) {
        const length = 4 + read.readUInt32BE();
        const [op = '', id = ''] = words(read.subarray(4, length)).map(String);
        read = read.subarray(length);
        ops.push(op);
        if (op !== 'pass') output.write(message(['ok', id]));
      }
    });
    const end = await agent.ends.hold('0', { place: 'a', index: 1, own: 2 }, { relayed() {}, plugged() {}, torn() {} });
    input.pause();
    for (let frame = 0; frame < 12; frame++) expect(end.pass([Buffer.alloc(1 << 20)])).to.equal(true);
    const all = [agent.ends.lost(), end.plug(true), agent.ask('sandbox')];
    input.resume();
    await Promise.all(all);
    const passes = Array.from({ length: 11 }, () => 'pass');
    expect(ops).to.deep.equal(['learn', 'hold', 'pass', 'sandbox', ...passes, 'lost', 'plug']);
  });

  it('is forgotten once it is torn', async () => {
    let torn = 0;
    const ends = heldEnds(
      async () => [],
      new PassThrough(),
      () => {},
    );
    await ends.hold('7', { place: 'a', index: 1, own: 2 }, { relayed() {}, plugged() {}, torn: () => torn++ });
    for (let time = 0; time < 2; time++) expect(ends.receive('torn', '7', [])).to.equal(true);
    expect(torn).to.equal(1);
  });
});
