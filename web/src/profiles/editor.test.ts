import { describe, expect, it } from 'vitest';
import { changes, draftOf, problemsOf, proposalOf, type DraftRow } from './editor';

const row = (port: string, protocol = 'tcp', service = '', id = 0): DraftRow => ({
  id,
  port,
  protocol,
  service,
});

describe('problemsOf', () => {
  it.each([
    ['a port', row('22'), ''],
    ['nothing', row(''), ''],
    ['no number', row('ssh'), '1 to 65535'],
    ['none but a service', row('', 'tcp', 'ssh'), '1 to 65535'],
    ['zero', row('0'), '1 to 65535'],
    ['too high', row('65536'), '1 to 65535'],
    ['a fraction', row('2.5'), '1 to 65535'],
    ['another protocol', row('22', 'icmp'), 'tcp or udp'],
    ['a long service', row('22', 'tcp', 'é'.repeat(200)), '50 bytes'],
    ['a control character', row('22', 'tcp', 'a\u0007b'), 'control'],
  ])('%s', (_, draft, problem) => {
    expect(problemsOf([draft]).get(0) ?? '').toContain(problem);
    expect(problemsOf([draft]).size).toBe(problem ? 1 : 0);
  });

  it('finds what stands twice', () => {
    const problems = problemsOf([
      row('22', 'tcp', 'ssh', 1),
      row('22', 'udp', '', 2),
      row('022', 'tcp', '', 3),
    ]);
    expect([...problems.keys()]).toEqual([3]);
  });
});

it('proposes rows by port, and says what changes', () => {
  const before = [
    { port: 22, protocol: 'tcp', service: 'ssh', host_type: 'c' },
    { port: 111, protocol: 'tcp', service: '', host_type: 'c' },
  ];
  const rows = draftOf(before);
  rows[1]!.service = ' rpcbind ';
  rows.push(row('9100', 'tcp', '', 9), row('', 'tcp', '', 10), row('53', 'udp', '', 11));
  expect(proposalOf(rows)).toEqual([
    { port: 22, protocol: 'tcp', service: 'ssh' },
    { port: 53, protocol: 'udp', service: '' },
    { port: 111, protocol: 'tcp', service: 'rpcbind' },
    { port: 9100, protocol: 'tcp', service: '' },
  ]);
  expect(changes(before, rows)).toEqual({
    added: ['53/udp', '111/tcp rpcbind', '9100/tcp'],
    removed: ['111/tcp'],
  });
});
