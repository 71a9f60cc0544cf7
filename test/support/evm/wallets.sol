// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

/** A wallet whose owner signs for it (EIP-1271). Its owner can be replaced, as on a chain owners are. */
contract OwnedWallet {
    address public owner;

    constructor(address first) {
        owner = first;
    }

    function handOver(address next) external {
        owner = next;
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        if (signature.length != 65) return 0xffffffff;
        (bytes32 r, bytes32 s) = abi.decode(signature[:64], (bytes32, bytes32));
        return ecrecover(hash, uint8(signature[64]), r, s) == owner ? bytes4(0x1626ba7e) : bytes4(0xffffffff);
    }
}

/** Deploys wallets at addresses that are known beforehand (CREATE2). */
contract WalletFactory {
    function deploy(address owner, bytes32 salt) external returns (address) {
        return address(new OwnedWallet{salt: salt}(owner));
    }

    function addressOf(address owner, bytes32 salt) external view returns (address) {
        bytes memory code = abi.encodePacked(type(OwnedWallet).creationCode, abi.encode(owner));
        return address(uint160(uint256(keccak256(abi.encodePacked(bytes1(0xff), address(this), salt, keccak256(code))))));
    }
}

/** Takes what it was told to take, whatever the signature is: as a Safe does that has signed on the chain. */
contract ApprovingWallet {
    mapping(bytes32 => bool) public approved;

    function approve(bytes32 hash) external {
        approved[hash] = true;
    }

    function isValidSignature(bytes32 hash, bytes calldata) external view returns (bytes4) {
        return approved[hash] ? bytes4(0x1626ba7e) : bytes4(0xffffffff);
    }
}

contract RefusingWallet {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return 0xffffffff;
    }
}

contract RevertingWallet {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        revert("not mine");
    }
}

/** Uses up whatever gas it is given. */
contract EndlessWallet {
    function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
        while (gasleft() > 0) {}
        return 0x1626ba7e;
    }
}

/** Answers with a word of which only the first bytes look right, and more. */
contract TalkativeWallet {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bool, uint256) {
        return (true, 1);
    }
}

/** Answers with what it was asked: that begins with the name of the question, which is the answer that is looked for. */
contract EchoingWallet {
    fallback(bytes calldata asked) external returns (bytes memory) {
        return asked;
    }
}

/** A contract that is no wallet. */
contract NoWallet {
    uint256 public number;
}

/** Asks whoever calls to fetch a URL and to come back with what it says (EIP-3668). */
contract LookingUpWallet {
    error OffchainLookup(address sender, string[] urls, bytes callData, bytes4 callbackFunction, bytes extraData);
    string private url;

    constructor(string memory given) {
        url = given;
    }

    function isValidSignature(bytes32, bytes calldata signature) external view returns (bytes4) {
        string[] memory urls = new string[](1);
        urls[0] = url;
        revert OffchainLookup(address(this), urls, signature, this.callback.selector, signature);
    }

    function callback(bytes calldata, bytes calldata) external pure returns (bytes4) {
        return 0x1626ba7e;
    }
}
