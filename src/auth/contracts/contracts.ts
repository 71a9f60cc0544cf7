import type { ContractName } from '../../platform/http/contract-name';
import type { Contract } from './contract';
import { crossmint } from './crossmint.contract';
import { managed } from './managed.contract';
import { pin } from './pin.contract';
import { wallet } from './wallet.contract';
import { wire } from './wire.contract';

/** The contracts that this server speaks. */
export const contracts: Readonly<Record<ContractName, Contract>> = {
  wire,
  pin,
  managed,
  wallet,
  crossmint,
};

export const contractFor = (name: ContractName): Contract => contracts[name];
