import { expect } from 'chai';
import { causeKinds } from '../../src/explain/causes/index.ts';
import { dropReasons, dropText } from '../../src/explain/drop-reasons.ts';

describe('the kernel’s drop reasons', () => {
  it('confirm causes that are in the table', () => {
    const names = new Set(causeKinds.map(({ name }) => name));
    const strange = Object.values(dropReasons).flatMap(({ confirms }) => confirms.filter((each) => !names.has(each)));
    expect(strange).to.deep.equal([]);
  });

  it('are told with their meaning and the function that dropped the packet', () => {
    expect(dropText({ reason: 'IP_RPFILTER', location: 'ip_rcv_finish_core' })).to.equal(
      'SKB_DROP_REASON_IP_RPFILTER in ip_rcv_finish_core: the reverse path filter dropped it',
    );
    expect(dropText({ reason: 'NOT_SPECIFIED', location: 'ip_error' })).to.equal('it gives no reason, in ip_error');
  });
});
