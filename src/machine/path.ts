/** Where programs are looked for: an ordinary user's PATH often lacks the folders of the system's own tools. */
export const searchPath = [
  ...new Set([...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin', '/usr/local/sbin']),
]
  .filter(Boolean)
  .join(':');
