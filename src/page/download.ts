/** Has the browser save some bytes as a file. */
export function download(name: string, bytes: Uint8Array<ArrayBuffer>): void {
  const url = URL.createObjectURL(new Blob([bytes], { type: 'application/octet-stream' }));
  Object.assign(document.createElement('a'), { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url));
}

/** Words as the name of a file. */
export const fileName = (...words: string[]): string => {
  const end = words.at(-1);
  const begin = words
    .slice(0, -1)
    .join('-')
    .replaceAll(/[^\p{L}\p{N}.]+/gu, '-');
  return `${begin.replaceAll(/^-|-$/g, '')}.${end}`;
};
