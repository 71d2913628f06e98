/** What a shell prints: text; that a line is run, and has ended; that its prompt, which comes then, is whole; a word. */
export type Mark =
  | { kind: 'text'; text: string }
  | { kind: 'begun' }
  | { kind: 'over'; code: number }
  | { kind: 'prompt' }
  | { kind: 'word'; words: string[] };

// OSC 133;C, 133;D;CODE and 133;B are what terminals know as the begin and end of a command, and the end of a prompt; OSC 5151 is
// the workshop's own.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const MARK = /\x1b\](?:133;D;(\d+)|133;([BC])|5151;([^\x07\x1b]*))\x07/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const BEGUN = /\x1b(?:\](?:\d[^\x07\x1b]*)?)?$/;

/** A mark that is not whole after so much is none. */
const LONGEST = 4096;

/** Tells marks from text in what a shell prints, piece by piece; text is a string of bytes (latin1). */
export function marks(): (bytes: Buffer) => Mark[] {
  let rest = '';
  return (bytes) => {
    rest += bytes.toString('latin1');
    const found: Mark[] = [];
    for (let match = MARK.exec(rest); match; match = MARK.exec(rest)) {
      const [whole, code, letter, words = ''] = match;
      if (match.index) found.push({ kind: 'text', text: rest.slice(0, match.index) });
      if (code !== undefined) found.push({ kind: 'over', code: Number(code) });
      else if (letter) found.push({ kind: letter === 'B' ? 'prompt' : 'begun' });
      else found.push({ kind: 'word', words: Buffer.from(words, 'latin1').toString().split(' ').filter(Boolean) });
      rest = rest.slice(match.index + whole.length);
    }
    const begun = BEGUN.exec(rest.slice(-LONGEST));
    const whole = rest.length - (begun?.[0].length ?? 0);
    if (whole) found.push({ kind: 'text', text: rest.slice(0, whole) });
    rest = rest.slice(whole);
    return found;
  };
}
