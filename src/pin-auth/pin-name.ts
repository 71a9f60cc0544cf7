/**
 * A name as it is compared: without regard to case, and to how its characters were typed (NFKC makes one of full-width,
 * ligature and plain forms). By way of upper case, so that ß and ss, and the two forms of sigma, are the same.
 */
export const nameKey = (name: string): string =>
  name.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC').trim();
