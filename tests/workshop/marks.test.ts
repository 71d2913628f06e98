import { expect } from 'chai';
import { type Mark, marks } from '../../src/workshop/marks.ts';

const [BEGIN, END, PROMPT] = ['\x1b]133;C\x07', '\x1b]133;D;3\x07', '\x1b]133;B\x07'];
const word = (text: string) => `\x1b]5151;${text}\x07`;

/** Neighbouring texts put together: where a piece ends says nothing. */
const joined = (all: Mark[]): Mark[] =>
  all.reduce<Mark[]>((list, mark) => {
    const last = list.at(-1);
    if (mark.kind === 'text' && last?.kind === 'text') last.text += mark.text;
    else list.push({ ...mark });
    return list;
  }, []);

describe('what a shell prints', () => {
  const printed = `${BEGIN}out\r\n${word('predict node1:cni0')}${END}a# ${PROMPT}\x1b[?2004h\x1b]0;title\x07ü`;
  const told: Mark[] = [
    { kind: 'begun' },
    { kind: 'text', text: 'out\r\n' },
    { kind: 'word', words: ['predict', 'node1:cni0'] },
    { kind: 'over', code: 3 },
    { kind: 'text', text: 'a# ' },
    { kind: 'prompt' },
    { kind: 'text', text: Buffer.from('\x1b[?2004h\x1b]0;title\x07ü').toString('latin1') },
  ];

  it('is told apart from marks', () => {
    expect(joined(marks()(Buffer.from(printed)))).to.deep.equal(told);
  });

  it('is the same in whatever pieces it comes', () => {
    const bytes = Buffer.from(printed);
    for (let size = 1; size < bytes.length; size++) {
      const read = marks();
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        read(bytes.subarray(i * size, (i + 1) * size)),
      );
      expect(joined(pieces.flat()), `in pieces of ${size}`).to.deep.equal(told);
    }
  });

  it('is text where a mark is begun and does not end', () => {
    const read = marks();
    expect(joined([...read(Buffer.from('\x1b]5151;')), ...read(Buffer.from(`${'x'.repeat(9000)}\n`))])).to.deep.equal([
      { kind: 'text', text: `\x1b]5151;${'x'.repeat(9000)}\n` },
    ]);
  });
});
