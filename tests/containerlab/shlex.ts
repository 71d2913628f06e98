/** Splits a line into words as github.com/google/shlex does, by which containerlab reads its exec lines. */
export function shlex(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let i = 0; i < line.length; i++) {
    const char = line[i]!;
    if (/[ \t\r\n]/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (char === '#' && word === undefined) {
      while (i < line.length && line[i] !== '\n') i++;
    } else if (char === "'" || char === '"') {
      word ??= '';
      for (i++; line[i] !== char; i++) {
        if (char === '"' && line[i] === '\\') i++;
        if (i >= line.length) throw new Error(`a quotation is open: ${line}`);
        word += line[i];
      }
    } else {
      if (char === '\\') i++;
      word = (word ?? '') + (line[i] ?? '');
    }
  }
  return word === undefined ? words : [...words, word];
}
