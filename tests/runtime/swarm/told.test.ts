import { expect } from 'chai';
import { execa } from 'execa';
import { script, textOf, toldIn } from '../../../src/runtime/swarm/told.ts';

/** What a task's log has once some words were run in it. */
const logOf = async (...words: string[]) => {
  const { stdout, exitCode } = await execa('sh', ['-c', script, 'packetwalk', ...words]);
  expect(exitCode).to.equal(0);
  return `${stdout}\n`;
};

describe('The log of a task', () => {
  it('has how what ran there ended: its code, its output, its last words', async () => {
    const told = toldIn(await logOf('sh', '-c', 'echo ein; echo zwei; echo why >&2; exit 3'));
    expect(told).to.include({ code: 3, stdout: 'ein\nzwei\n', stderr: 'why\n' });
  });

  it('has the same of what is not there, and of what is killed', async () => {
    expect(toldIn(await logOf('no-such-program'))).to.include({ code: 127, stdout: '' });
    expect(toldIn(await logOf('sh', '-c', 'kill -KILL $$'))).to.include({ code: 137, stdout: '' });
  });

  it('has no line that is too long for a log driver, whatever was printed', async () => {
    const log = await logOf('perl', '-e', 'srand 7; print map { chr 33 + rand 90 } 1 .. 200_000');
    expect(toldIn(log)!.stdout).to.have.length(200_000);
    for (const line of log.split('\n')) expect(line.length).to.be.below(16_384);
  });

  it('tells nothing where a part of it is missing', async () => {
    const log = await logOf('perl', '-e', 'srand 7; print map { chr 33 + rand 90 } 1 .. 20_000');
    const lines = log.trim().split('\n');
    expect(lines.length).to.be.above(4);
    for (const i of lines.keys()) expect(toldIn(lines.filter((_, at) => at !== i).join('\n'))).to.equal(undefined);
    expect(toldIn(log.slice(0, log.length / 2))).to.equal(undefined);
    expect(toldIn('')).to.equal(undefined);
    expect(toldIn('packetwalk-told .\n')).to.equal(undefined);
  });

  it('is read between what others print there', async () => {
    const log = (await logOf('echo', 'one')).split('\n').join('\nsomething else\n');
    expect(toldIn(log)).to.include({ code: 0, stdout: 'one\n' });
  });

  it('comes from an engine in frames, of which the last may be cut', () => {
    const frame = (text: string) => {
      const head = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);
      head.writeUInt32BE(text.length, 4);
      return Buffer.concat([head, Buffer.from(text)]);
    };
    const bytes = Buffer.concat([frame('one\n'), frame('two\n')]);
    expect(textOf(bytes)).to.equal('one\ntwo\n');
    expect(textOf(bytes.subarray(0, bytes.length - 2))).to.equal('one\ntw');
    expect(textOf(bytes.subarray(0, 15))).to.equal('one\n');
  });
});
