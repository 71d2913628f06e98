import type { Facts } from '../facts.ts';
import { isOwn } from '../packet-there.ts';
import type { OpenQuestion } from './arp.ts';
import { misled } from './misled.ts';
import { proxies } from './proxy-arp.ts';
import { deaf, filtered, heardBy, ignored, type Silence } from './silence.ts';

/** Why those who heard a request for an address of their own, or of another that they stand for, do not answer it. */
export function silences(facts: Facts, question: OpenQuestion): Silence[] {
  const heard = heardBy(facts, question);
  const tagged = heard.filter(({ tag }) => tag);
  if (tagged.length && tagged.length === heard.length) return tagged.flatMap(deaf);
  const owners = heard.filter(({ place }) => isOwn(facts, place, question.tpa));
  if (owners.length)
    return owners.flatMap((each) => [...misled(facts, each), ...deaf(each), ...ignored(each), ...filtered(each)]);
  return heard.flatMap((each) => proxies(facts, each, heard.length === 1));
}
