import bowser from 'bowser';
import { ApiProperty } from '@nestjs/swagger';

/** The device of a session, as far as its User-Agent header tells. */
export class ClientInfo {
  @ApiProperty({ type: String, nullable: true, example: 'Firefox 128' })
  browser: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'Windows 10' })
  os: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'desktop',
    description: 'desktop, mobile, tablet, tv or bot',
  })
  deviceType: string | null;

  @ApiProperty({ type: String, nullable: true, example: '192.0.2.1' })
  ip: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'The User-Agent header' })
  rawDetail: string | null;
}

/** Read when it is asked for, so that sessions of long ago gain by what the parser has learnt since. */
export function clientInfo({ ip, userAgent }: { ip: string | null; userAgent: string | null }): ClientInfo {
  const { browser, os, platform } = userAgent
    ? bowser.parse(userAgent)
    : { browser: {}, os: {}, platform: {} };
  return {
    browser: titled(browser.name, browser.version?.split('.')[0]),
    os: titled(os.name, os.versionName ?? os.version),
    deviceType: platform.type ?? null,
    ip,
    rawDetail: userAgent,
  };
}

const titled = (name?: string, version?: string): string | null =>
  name ? [name, version].filter(Boolean).join(' ') : null;
