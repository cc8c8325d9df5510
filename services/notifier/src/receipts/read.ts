import type { ChannelName, ReceiptStatus } from '@techno/contracts';

export interface Receipt {
  readonly messageId: string;
  readonly status: ReceiptStatus;
}

/** Baileys' states of a message, as Evolution passes them on. */
const EVOLUTION: Readonly<Record<string, ReceiptStatus>> = {
  ERROR: 'FAILED',
  SERVER_ACK: 'SENT',
  DELIVERY_ACK: 'DELIVERED',
  READ: 'READ',
  PLAYED: 'READ',
};

/** The receipts in a provider's report. What is none, or speaks of a state unknown here, gives none: providers report much else. */
export function readReceipts(channel: ChannelName, report: unknown): Receipt[] {
  if (channel !== 'whatsapp' || !isRecord(report)) return [];
  if (report['event'] !== 'messages.update') return [];
  return [report['data']].flat().flatMap((entry: unknown): Receipt[] => {
    if (!isRecord(entry)) return [];
    // Version 2 names the key at the top, version 1 below `key`.
    const key = isRecord(entry['key']) ? entry['key'] : {};
    const messageId = entry['keyId'] ?? key['id'];
    const inner = isRecord(entry['update']) ? entry['update'] : {};
    const status = EVOLUTION[String(entry['status'] ?? inner['status'])];
    return typeof messageId === 'string' && messageId !== '' && status !== undefined ? [{ messageId, status }] : [];
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
