/** What a server written by hand gets wrong, and where walking the model finds it. */
export const DEFECTS = {
  'evicts under a running call': 'calling -- time.expire --> calling',
  'DELETE keeps the session': 'ready -- session.delete --> deleted',
  "adopts a client's id": 'none -- initialize.claimed --> opened',
  'answers after the end': 'ready -- time.expire --> evicted',
} as const;

export type Defect = keyof typeof DEFECTS;
