/** Who is trusted to say who somebody is, by JWTs that its keys have signed. */
export interface TrustedIssuer {
  /** In the log, and for people. */
  readonly title: string;
  /** Whose subjects its people are: with the subject the key of their identity. */
  readonly issuer: string;
  /** What `iss` must be; null where that is not looked at. */
  readonly iss: string | null;
  /** Of which `aud` must name one; empty where that is not looked at. */
  readonly audiences: readonly string[];
  /** Its keys (RFC 7517, section 5). */
  readonly jwksUrl: string;
  /** Whether it may stand in a private network, or on this machine. */
  readonly allowPrivate: boolean;
}
