import { HttpProblem, type RequestContext } from '@techno/http';
import { z } from 'zod';
import type { FindCaller } from '../callers.ts';

type Head = Pick<RequestContext, 'header' | 'address' | 'traceId'>;

/** What both lists are asked by. */
export const AGENDA_PAGE = {
  owner: z.string().max(256).optional().describe('For roles with agenda:manage:any; others see their own'),
  recipient: z.string().max(128).optional().describe('With that contact among its recipients'),
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
};

/** Whose items a caller may see and change. */
export function agendaCallers(caller: FindCaller) {
  return {
    principalOf: async (context: Head): Promise<string> => (await caller(context, 'agenda:manage')).principal.id,
    /** The owner to look at: the caller, or whoever a caller with `agenda:manage:any` names; undefined is everybody. */
    ownerOf: async (context: Head, named?: string): Promise<string | undefined> => {
      const { principal, permissions } = await caller(context, 'agenda:manage');
      return permissions.includes('agenda:manage:any') ? named : principal.id;
    },
  };
}

export function agendaUnknown(kind: 'event' | 'task', id: string): HttpProblem {
  return new HttpProblem(404, 'AGENDA_ITEM_UNKNOWN', { detail: `there is no ${kind} ${id} that you may see` });
}
