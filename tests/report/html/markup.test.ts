import { expect } from 'chai';
import { Fragment, h } from 'preact';
import { escapedHtml, markup } from '../../../src/report/html/markup.ts';

describe('markup', () => {
  it('writes components, lists and what is nothing', () => {
    const Sign = ({ of }: { of: string }) => h('b', { class: of }, of);
    const view = h(Fragment, null, [
      h('p', { tabIndex: 0, hidden: true }, [h(Sign, { of: 'x' }), 7, null, false]),
      h('br', null),
    ]);
    expect(markup(view)).to.equal('<p tabindex="0" hidden><b class="x">x</b>7</p><br>');
  });

  it('has no listener, no style, and no text that is markup', () => {
    const view = h('p', { onClick: () => {}, style: { color: 'red' }, title: '"><script>' }, '</p><script>&');
    expect(markup(view)).to.equal('<p title="&quot;&gt;&lt;script&gt;">&lt;/p&gt;&lt;script&gt;&amp;</p>');
  });

  it('has pictures of what no page may hold', () => {
    expect(escapedHtml('a\u001b[31m\u0000\tb\n')).to.equal('a␛[31m␀\tb\n');
  });
});
