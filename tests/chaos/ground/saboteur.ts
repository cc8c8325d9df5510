import { withConnection } from '@techno/embedded';

/**
 * Takes the fence away, in the database and from outside: what the executor commits about an effect is gone as soon as it is
 * written. Executions go on as ever and answer as ever; only that nobody who comes later finds that one had begun or ended.
 */
export async function breakFence(postgres: string): Promise<void> {
  await withConnection(postgres, (client) =>
    client.query(`
      create function chaos_forget() returns trigger language plpgsql security definer as $$
      begin
        delete from executions where trace_id = new.trace_id and step = new.step;
        return null;
      end $$;
      create trigger chaos_forget after insert or update on executions for each row when (new.effect <> 'none')
        execute function chaos_forget()`),
  );
}
