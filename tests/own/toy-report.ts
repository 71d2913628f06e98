import { appendFile } from 'node:fs/promises';
import { type Document, extended, type OwnReport, unfinished } from 'packetwalk/report';

/** A report that notes each walk in a file, and at the end how many passed; the file is named by the environment. */
export default (): OwnReport => {
  const file = process.env.TOY_REPORT;
  if (!file) throw new Error('TOY_REPORT names no file');
  let document: Document = unfinished;
  return async (event) => {
    document = extended(document, event);
    if (event.type === 'walk ended') await appendFile(file, `${event.walk.name}: ${event.walk.verdict}\n`);
    if (event.type === 'run ended') await appendFile(file, `${document.lab}: ${document.walks.length} walked\n`);
  };
};
