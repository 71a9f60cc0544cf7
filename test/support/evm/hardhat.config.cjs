/** A chain of one's own, without a compiler: the contracts are compiled by the tests. */
module.exports = {
  networks: {
    // What a contract may use up in one call, so that an endless one ends soon.
    hardhat: { chainId: Number(process.env.CHAIN_ID ?? 31337), blockGasLimit: 5_000_000 },
  },
};
