import type { Pool } from 'pg';
import type { DataSource } from 'typeorm';

/** TypeORM's own pool, for a library that speaks to `pg` itself: one bound on connections holds for all. */
export const poolOf = (database: DataSource): Pool => (database.driver as unknown as { master: Pool }).master;
