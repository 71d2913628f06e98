/** One direction of a tracked connection, as conntrack(8) names it. */
export interface Tuple {
  src: string;
  dst: string;
  sport?: number;
  dport?: number;
}

/** A line of `conntrack -L`: the packets that began it, and those that are expected back. */
export interface Connection {
  protocol: string;
  original: Tuple;
  reply: Tuple;
  isUnreplied: boolean;
  text: string;
}

/** Reads a line of `conntrack -L`; undefined for anything else. */
export function connectionIn(text: string): Connection | undefined {
  const [head = '', original, reply] = text.split(/(?=\bsrc=)/);
  if (!original || !reply) return undefined;
  return {
    protocol: head.trim().split(/\s+/)[0] ?? '',
    original: tupleIn(original),
    reply: tupleIn(reply),
    isUnreplied: text.includes('[UNREPLIED]'),
    text,
  };
}

function tupleIn(text: string): Tuple {
  const words = Object.fromEntries([...text.matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [name, value]));
  const port = (name: string) => (words[name] === undefined ? {} : { [name]: Number(words[name]) });
  return { src: words.src ?? '', dst: words.dst ?? '', ...port('sport'), ...port('dport') };
}
