/**
 * A name as it is compared: without regard to case, and to how its characters were typed (NFKC makes one of full-width,
 * ligature and plain forms), so that nobody takes a name that looks the same.
 */
export const nameKey = (name: string): string =>
  name.normalize('NFKC').toLowerCase().normalize('NFKC').trim();
