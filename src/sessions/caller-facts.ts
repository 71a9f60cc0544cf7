import { Injectable } from '@nestjs/common';

/**
 * What methods want to know of every caller beside user and session. It is read in the statement that finds the session, and
 * kept with it, so that no request asks a second time. Whoever adds one also makes a trigger on its tables that tells of the
 * user (see the migration of session changes): else what is kept would be stale for a minute.
 */
@Injectable()
export class CallerFacts {
  private readonly facts = new Map<string, string>();

  /**
   * To be called while the application is wired.
   * @param expression SQL on `sessions s JOIN users u`, of a type that JSON can say
   */
  add(name: string, expression: string): void {
    this.facts.set(name, expression);
  }

  /** All of them, as one expression of type jsonb. */
  get expression(): string {
    const pairs = [...this.facts].map(([name, expression]) => `'${name}', ${expression}`);
    return `jsonb_build_object(${pairs.join(', ')})`;
  }
}
