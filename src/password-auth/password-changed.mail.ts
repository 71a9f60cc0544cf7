import type { Mail } from '../platform/mail/mailer';

/** Tells the owner of an account, who may not be the one who changed the password. */
export const passwordChanged = (to: string): Mail => ({
  to,
  subject: 'Your password was changed',
  text: [
    'The password of your account was changed, and your other devices were signed out.',
    '',
    'If this was you, there is nothing to do.',
    'If it was not, somebody knows your password: ask the operator of this service for help at once.',
  ].join('\n'),
});
