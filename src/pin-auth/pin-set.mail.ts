import type { Mail } from '../platform/mail/mailer';

/** Tells the owner of an account, who may not be the one who set the PIN. */
export const pinSet = (to: string): Mail => ({
  to,
  subject: 'A PIN was set for your account',
  text: [
    'Your account can be signed in to with a name and a new PIN from now on.',
    '',
    'If this was you, there is nothing to do.',
    'If it was not, somebody is signed in to your account. Change your password, which signs everyone else out,',
    'and set a PIN of your own, which takes the place of this one.',
  ].join('\n'),
});
