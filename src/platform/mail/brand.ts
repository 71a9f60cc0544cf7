/** Whose name and logo a mail bears. */
export interface Brand {
  /** Not set: PLATFORM_NAME. */
  readonly name?: string;
  readonly logoUrl?: string;
}
