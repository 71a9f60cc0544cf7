/**
 * Known answers of other systems' hashes. Each was made by the implementation that is named, none by our code.
 * The password is PASSWORD unless another one is given.
 */
export const PASSWORD = 'Correct-Horse 7 \u00e9';

export interface ForeignHash {
  readonly by: string;
  readonly hash: string;
  readonly password?: string;
}

/** Of the example in the README of github.com/firebase/scrypt, which is the code that Firebase runs. */
export const FIREBASE = {
  signerKey: 'jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==',
  saltSeparator: 'Bw==',
  rounds: '8',
  memoryCost: '14',
  salt: '42xEC+ixf3L2lw==',
  hash: 'lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==',
  password: 'user1password',
} as const;

export const FOREIGN_HASHES: readonly ForeignHash[] = [
  {
    by: 'pyca/bcrypt 5.0.0, 2b',
    hash: '$2b$05$neTLXvLWjEXvejTy/ksCVu9m8PeymQaUJ1vDLtIIK/0wmEwNdl1Si',
  },
  {
    by: 'pyca/bcrypt 5.0.0, 2a',
    hash: '$2a$05$RtnbTBbDIqEbQYmSgXPkKOpY5gCzKD0nFbBqqoC.Rg75Bm5thgFQO',
  },
  {
    by: 'libxcrypt, 2y, as PHP writes it',
    hash: '$2y$05$abcdefghijklmnopqrstuuLcDl8oXXkbJFVV.k4WmpBYACsquITr2',
  },
  {
    by: 'Django 5.2.17, bcrypt',
    hash: 'bcrypt$$2b$05$e8by2d97Q6QMIlnodCaMke1n17dHimn.Zr7i95ILTXPcUl01vIOli',
  },
  {
    by: 'Django 5.2.17, bcrypt_sha256',
    hash: 'bcrypt_sha256$$2b$05$Ycy/WPuZCVkeW9XExad0GOc83UoUsnc3L.zZOmApkbj/t9y9MTStO',
  },
  {
    by: 'argon2-cffi 25.1.0, argon2id',
    hash: '$argon2id$v=19$m=1024,t=2,p=2$QQV/85bsAjNVci5b0gXijw$tlJdp6poK4dYQAiOgT4Qh03Rlz+bBOpYsXnUUw/U7aU',
  },
  {
    by: 'argon2-cffi 25.1.0, argon2i',
    hash: '$argon2i$v=19$m=1024,t=2,p=2$qGMYI9yRELjm5fFi1Tn+zQ$tMqhx9O6PoZrotFR5JuhQrACq69ve5IO2OUdG0UF5m0',
  },
  {
    by: 'argon2-cffi 25.1.0, argon2d',
    hash: '$argon2d$v=19$m=1024,t=2,p=2$7CtOD4L5YuPBoPsuh+NSdw$UcsRPlD430X+2IAOVM4k4SA1qYh2Fhc9CNGZ2wZ3X6c',
  },
  {
    by: 'argon2-cffi 25.1.0, argon2i of version 16',
    hash: '$argon2i$v=16$m=1024,t=2,p=1$c2l4dGVlbiBieXRlcyBvaw$43Lw39Lv+OL0xgpKu5bFymQhGPw0/gpZU1A89FpImS8',
  },
  {
    by: 'Django 5.2.17, argon2',
    hash: 'argon2$argon2id$v=19$m=102400,t=2,p=8$Y2ZEYnQ1Qzl6elVVVEJKaEtrVWZvSA$xyFCtR+jhIGrrEg7AhFlR7ViMjY1FFkfP1dfnhsGzUk',
  },
  {
    by: 'passlib 1.7.4, scrypt',
    hash: '$scrypt$ln=10,r=8,p=1$4hyDsBYCIGTsnVMKYQxhTA$DJdGiRLFSDscQfo453UKH4a/LW/E/9pwMFdGp2cYlC4',
  },
  {
    by: 'Django 5.2.17, scrypt',
    hash: 'scrypt$16384$CdecWjuEI1zHzoZbdGMLGR$8$5$dxy7S9KIe38dbfRxR52hIdPMWEDd/Wq60b44ovf/lWf3MLOBZrA6woOvRYHDkvMtHnj7Ca5DbCOutnD7MsRG/Q==',
  },
  {
    by: 'Werkzeug 3.1.9, scrypt',
    hash: 'scrypt:32768:8:1$qGFFj2hNwt4iwKcH$2b524220a055250fcf06b1486be5b813284736e915feeea5d3731c29189ae6c311e68dfd0fa60f6b32348f17c797deebfe5cdf51669cf3575e13adde55246b5e',
  },
  {
    by: 'Werkzeug 3.1.9, scrypt of two lanes',
    hash: 'scrypt:1024:8:2$pkq4Qbo9fMpBEVJd$dabe1186edf5911bbabb6a3cffc7e88e1aeb65ba167ccc5ef13da2d31162a5c0f1aeb11839b5e08299372dd26a4129d33b97e7acea07fc446fc2eaa1ab221179',
  },
  {
    by: 'better-auth (@better-auth/utils 0.5.1)',
    hash: '63da599cfdde8fd371cacedc276e1ac9:10d83f4cb3967b689b8a8247dc6c981856c4cd50bb46d9b4758d5c7662d15e2438090dec61b3dee09aed8406e59652713a7e7b558c44333ccecc07b159cb9a11',
  },
  {
    by: 'better-auth, of a password that NFKC changes',
    password: '\ufb01ne-Password \u2460',
    hash: 'b012d514c9d5b4dad58f5626cd522d1c:a9b192c75a12bd7446a33cdad10607681064126ba44db19bea6e1511cdd8614f27d3053100ad605f574019661fd6004468e5bc4024f337424c623f80678e6521',
  },
  {
    by: 'Django 5.2.17, pbkdf2_sha256',
    hash: 'pbkdf2_sha256$1000000$wKCC9u2nMltY96wdpX9tyP$EwJnalMWMfZCI4QTEW7zC600jb7twv/zfM+Y7BOGTV0=',
  },
  {
    by: 'Django 5.2.17, pbkdf2_sha1',
    hash: 'pbkdf2_sha1$1000000$dh5NMmMoNVFT05HnxxUAlx$2VTZeWKWalBNgmqLpajTd5qsUdc=',
  },
  {
    by: 'passlib 1.7.4, pbkdf2_sha256',
    hash: '$pbkdf2-sha256$1200$GYNQipFSSundu9daK0WoVQ$87EOQIl.m/6anstmO9SMiMS.QFPOD6Q.JLf.hH7BdJY',
  },
  {
    by: 'passlib 1.7.4, pbkdf2_sha512',
    hash: '$pbkdf2-sha512$1200$.z.H0DqHsNa6F.Lc25tTSg$ZC/623jI2sxNENpp8jBzIcGwDGHU0z27VB3WSF5ReYalk6HMNqMDEZfiXTi/dHlQX.B77GQTD8IOug0cXDBNxw',
  },
  {
    by: 'passlib 1.7.4, pbkdf2_sha1',
    hash: '$pbkdf2$1200$cY7xnrO2lpJS6t07R8j5Xw$2vUKxhAQ4CYeXR5X.zwbx1r7p9Q',
  },
  {
    by: 'passlib 1.7.4, of a password that was typed decomposed (NFD)',
    password: 'Cafe\u0301-au-lait',
    hash: '$pbkdf2-sha256$1000$4hwjRAhBaM25F8I4RwhhbA$BJVku4mV3T0waXhjKrIrLeEuzshVeb2iq8q.pM8.scs',
  },
  {
    by: 'argon2-cffi 25.1.0, of a password that was typed decomposed (NFD)',
    password: 'Cafe\u0301-au-lait',
    hash: '$argon2id$v=19$m=64,t=1,p=1$mgmjWn5QdNhJNBnLkMu1cw$OCg8v2pl8zwIazQ4Nnb9wV5u9ZHzJR0hNL9ENplTTQQ',
  },
  {
    by: 'Werkzeug 3.1.9, pbkdf2:sha256',
    hash: 'pbkdf2:sha256:1500$bq6aypVUastpTlvG$f421aac48fd36c677136c983d8aef36979f733461c7e95e90a5c2f3a41c0df06',
  },
  {
    by: 'Werkzeug 3.1.9, pbkdf2:sha512',
    hash: 'pbkdf2:sha512:1500$DTcQqX8WbtDByr5z$0ea1addae1ecf00572c7f9128499dee5056edf0f5f20ea628748f59763b04f6620cfa4a3033a7e520512e2fdcaef628739e1e92296567c02ee7565735a30cb41',
  },
  {
    by: 'firebase/scrypt, from its README',
    password: FIREBASE.password,
    hash: `$firebase-scrypt$ln=14,r=8$${FIREBASE.salt}$${FIREBASE.saltSeparator}$${FIREBASE.hash}`,
  },
];

/** By libxcrypt, of 'correct horse ' six times: 84 bytes. */
export const BCRYPT_OF_84_BYTES = '$2b$05$abcdefghijklmnopqrstuuYwbQZhir5Aj/PenEbM5gxJPBtXY71cy';

/** By libxcrypt, which stops at the zero byte, of what stands before it: 'before the zero byte'. */
export const BCRYPT_TO_ZERO_BYTE = '$2b$05$abcdefghijklmnopqrstuu1rzuTzXEuw0W5O0Vcfz6/isPVPQD57e';

/** By pyca/bcrypt 5.0.0, which does not stop, of 'before\0after'. */
export const BCRYPT_PAST_ZERO_BYTE = '$2b$05$Lc3dvqYdu2aERWEjKmec8ux3dj7vafU8edTPI.s22oTKoIWYbojlW';
