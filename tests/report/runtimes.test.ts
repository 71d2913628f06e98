import { stripVTControlCharacters } from 'node:util';
import { expect } from 'chai';
import type { Run } from '../../src/compare/compare.ts';
import { document } from '../../src/record/document.ts';
import { resultsJunit } from '../../src/report/runtimes/junit.ts';
import { resultsMarkdown } from '../../src/report/runtimes/markdown.ts';
import { results } from '../../src/report/runtimes/results.ts';
import { resultLines } from '../../src/report/runtimes/terminal.ts';
import { passedRun } from './results.ts';

/** A run that passed, on a kernel of its own or without. */
function run(runtime: string, kernel?: string): Run {
  const passed = { ...document(passedRun), runtime, ...(kernel && { kernel }) };
  const { lab, verdict, reason } = passed;
  return { lab, runtime, ...(kernel && { kernel }), verdict, reason, durationMs: 1000, document: passed };
}

describe('What is told of many runs', () => {
  const all = results([run('vm/6.1', '6.1.0-50-amd64'), run('vm/6.12', '6.12.9-amd64')], 0);

  it('names the release of each kernel, and says that it is kernels that agree', () => {
    const text = stripVTControlCharacters(resultLines(all, 100).join('\n'));
    expect(text).to.contain('\n  vm/6.1: Linux 6.1.0-50-amd64\n  vm/6.12: Linux 6.12.9-amd64\n');
    expect(text).to.match(/on 1 of 1 labs the kernels agree, in \d+ facts compared/);
  });

  it('names them in Markdown and JUnit as well', async () => {
    expect(resultsMarkdown(all)).to.contain('| vm/6.1 | 6.1.0-50-amd64 |\n| vm/6.12 | 6.12.9-amd64 |\n');
    const kernels = [...(await resultsJunit(all)).matchAll(/<property name="kernel" value="([^"]*)"/g)];
    expect(kernels.map(([, release]) => release)).to.deep.equal(['6.1.0-50-amd64', '6.12.9-amd64']);
  });

  it('says nothing of kernels where runtimes have this machine’s', () => {
    const others = results([run('netns'), run('docker')], 0);
    const text = stripVTControlCharacters(resultLines(others, 100).join('\n'));
    expect(text).not.to.contain('Linux');
    expect(text).to.contain('on 1 of 1 labs the runtimes agree');
    expect(resultsMarkdown(others)).not.to.contain('Kernels');
  });

  it('speaks of runtimes where one of them has a kernel of its own, and another has not', () => {
    const mixed = results([run('netns'), run('vm', '6.1.0-50-amd64')], 0);
    const text = stripVTControlCharacters(resultLines(mixed, 100).join('\n'));
    expect(text).to.contain('  vm: Linux 6.1.0-50-amd64').and.to.contain('the runtimes agree');
  });
});
