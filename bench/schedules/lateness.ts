import { withConnection } from '@techno/embedded';

export interface Lateness {
  readonly runs: number;
  /** Schedules that ran. */
  readonly distinct: number;
  readonly missed: number;
  /** From the nominal time to the commit that starts the run, in seconds. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Of every occurrence that was due after that moment, from the record. */
export async function latenessSince(postgres: string, from: Date): Promise<Lateness> {
  return withConnection(postgres, async (client) => {
    const { rows } = await client.query<Record<keyof Lateness, string>>(
      `with late as (
         select schedule_id, status, extract(epoch from started_at - scheduled_at) as seconds from worker_job_events
         where job_name = 'user-schedule' and trigger = 'tick' and scheduled_at > $1)
       select count(seconds) as runs, count(distinct schedule_id) as distinct, count(*) filter (where status = 'missed') as missed,
         coalesce(percentile_cont(0.5) within group (order by seconds), 0) as p50,
         coalesce(percentile_cont(0.99) within group (order by seconds), 0) as p99, coalesce(max(seconds), 0) as max from late`,
      [from],
    );
    const [row] = rows;
    if (row === undefined) throw new Error('the record gave no figures');
    return {
      runs: Number(row.runs),
      distinct: Number(row.distinct),
      missed: Number(row.missed),
      p50: Number(row.p50),
      p99: Number(row.p99),
      max: Number(row.max),
    };
  });
}
