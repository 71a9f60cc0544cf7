/** In the order in which they are held and reported. */
const contests = ['me', 'refresh', 'sign-in', 'sign-up', 'pin', 'wallet', 'flood'].map((id) =>
  require(`./contests/${id}`),
);

module.exports = { contests };
