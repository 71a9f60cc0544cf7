/** How a session says it was opened: all that sessions know of a method. */
export const METHOD_NAMES = [
  'password',
  'pin',
  'magic-link',
  'google',
  'github',
  'oidc',
  'wallet',
  'crossmint',
] as const;

export type MethodName = (typeof METHOD_NAMES)[number];
