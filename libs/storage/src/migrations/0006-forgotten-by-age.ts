import { Migration } from '@mikro-orm/migrations';

/** What is kept for a day is found by its age when the day is over, and not by reading the whole table each minute. */
export class Migration0006ForgottenByAge extends Migration {
  override up(): void {
    this.addSql('create index inbox_keys_age on inbox (accepted_at) where idempotency_key is not null or message_id is not null');
    this.addSql('create index nonces_age on nonces (seen_at)');
  }

  override down(): void {
    this.addSql('drop index nonces_age');
    this.addSql('drop index inbox_keys_age');
  }
}
