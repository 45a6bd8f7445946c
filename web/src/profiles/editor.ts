// Table 1 as somebody edits it: texts as they were typed, and what is wrong with them. The server
// has the last word.

import type { ExpectedPort } from '../api/types';

export interface DraftRow {
  id: number;
  port: string;
  protocol: string;
  service: string;
}

export type Proposal = { port: number; protocol: string; service: string }[];

const kMostServiceBytes = 50;
const kHighestPort = 65_535;

export function draftOf(ports: ExpectedPort[]): DraftRow[] {
  return ports.map(({ port, protocol, service }, id) => ({
    id,
    port: String(port),
    protocol,
    service,
  }));
}

export function isEmpty(row: DraftRow): boolean {
  return row.port.trim() === '' && row.service.trim() === '';
}

function problemOfRow(row: DraftRow): string {
  if (!/^\d{1,5}$/.test(row.port.trim())) return 'The port is to be a number from 1 to 65535.';
  const port = Number(row.port);
  if (port < 1 || port > kHighestPort) return 'The port is to be a number from 1 to 65535.';
  if (row.protocol !== 'tcp' && row.protocol !== 'udp') return 'The protocol is tcp or udp.';
  if (new TextEncoder().encode(row.service.trim()).length > kMostServiceBytes) {
    return `The service is longer than ${kMostServiceBytes} bytes.`;
  }
  if (/\p{Cc}/u.test(row.service)) return 'The service has control characters.';
  return '';
}

/** What is wrong, by row. Rows with nothing in them are passed over. */
export function problemsOf(rows: DraftRow[]): Map<number, string> {
  const problems = new Map<number, string>();
  const seen = new Set<string>();
  for (const row of rows) {
    if (isEmpty(row)) continue;
    let problem = problemOfRow(row);
    const place = `${Number(row.port)}/${row.protocol}`;
    if (!problem && seen.has(place)) problem = `${place} stands twice.`;
    seen.add(place);
    if (problem) problems.set(row.id, problem);
  }
  return problems;
}

export function proposalOf(rows: DraftRow[]): Proposal {
  return rows
    .filter((row) => !isEmpty(row))
    .map(({ port, protocol, service }) => ({
      port: Number(port),
      protocol,
      service: service.trim(),
    }))
    .sort((a, b) => a.port - b.port || a.protocol.localeCompare(b.protocol));
}

function lineOf({ port, protocol, service }: Proposal[number]): string {
  return `${port}/${protocol}${service ? ` ${service}` : ''}`;
}

/** What the draft would change. */
export function changes(
  before: ExpectedPort[],
  rows: DraftRow[],
): { added: string[]; removed: string[] } {
  const old = before.map(lineOf);
  const next = proposalOf(rows).map(lineOf);
  return {
    added: next.filter((line) => !old.includes(line)),
    removed: old.filter((line) => !next.includes(line)),
  };
}
