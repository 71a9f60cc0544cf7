import { Column, Entity, PrimaryColumn } from 'typeorm';

/** An ES256 key pair. It is published before it signs and after it has signed its last token. */
@Entity('signing_keys')
export class SigningKey {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'signing_keys_pkey' })
  kid: string;

  @Column('jsonb', { name: 'public_jwk' })
  publicJwk: { kty: string; crv: string; x: string; y: string };

  /** PKCS #8 in DER, sealed with a key derived from APP_SECRET. */
  @Column('bytea', { name: 'private_key' })
  privateKey: Buffer;

  @Column({ type: 'timestamptz', name: 'signs_from', precision: 3 })
  signsFrom: Date;

  /** Null while the key is in use. */
  @Column({ type: 'timestamptz', name: 'published_until', precision: 3, nullable: true })
  publishedUntil: Date | null;
}
