import { Clock } from '../../src/platform/clock/clock';

/** A clock that runs, and that a test can move. */
export class TestClock extends Clock {
  private offset = 0;

  override now(): Date {
    return new Date(super.now().getTime() + this.offset);
  }

  advance(time: { seconds?: number; minutes?: number; hours?: number; days?: number }): void {
    const { seconds = 0, minutes = 0, hours = 0, days = 0 } = time;
    this.offset += (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1_000;
  }
}
