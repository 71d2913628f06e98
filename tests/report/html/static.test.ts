import { expect } from 'chai';
import { h } from 'preact';
import type { PageData } from '../../../src/page/data.ts';
import { Static } from '../../../src/page/static.tsx';
import { unfinished } from '../../../src/record/document.ts';
import { markup } from '../../../src/report/html/markup.ts';
import { drill, walk } from '../results.ts';

const page = (runs: PageData['runs']): PageData => ({
  title: 'A lab',
  verdict: 'passed',
  reason: '',
  runs,
  silent: [],
  comparisons: [],
  ledger: [],
  made: {},
});

const textOf = (html: string) => html.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ');

describe('A report without script', () => {
  const run = { document: { ...unfinished, walks: [walk()], drills: [drill()] }, layouts: [], layoutOf: {} };

  it('has the walk of each drill before and while something was broken, where the two differ', () => {
    const html = markup(h(Static, { data: page([run]) }));
    expect(textOf(html)).to.match(/\d of \d hops differ, first \S+ \. Before: seen\. Broken: not seen\./);
    expect(html).to.include('class="apart"').and.not.include('class="same"').and.not.include('<input');
  });

  it('of several runs, tells what passed in a line alone', () => {
    expect(markup(h(Static, { data: page([run, run]) }))).not.to.include('hops differ');
  });
});
