"""What a contract sees of the chain, for editors. All of it, with limits and prices: docs/contracts/python.md."""
from typing import Any, Iterator, Literal, NoReturn

# Text, which is taken as UTF-8, or bytes.
Bytes = str | bytes | bytearray

# ---- The contract's state: keys are text or bytes, at most 65,536; values at most 131,072 bytes. ----

def get(key: Bytes, default: Any = None) -> Any:
    """The value at a key, as JSON has it; bytes, if it is no JSON; the default, if there is none."""
def set(key: Bytes, value: Any) -> None:
    """Keeps what JSON has of a value; bytes as they are."""
def get_bytes(key: Bytes) -> bytes | None: ...
def set_bytes(key: Bytes, value: Bytes) -> None: ...
def remove(key: Bytes) -> None: ...
def scan(
    prefix: Bytes | None = None,
    *,
    start: Bytes | None = None,
    end: Bytes | None = None,
    descending: bool = False,
    bytes: bool = False,
) -> Iterator[tuple[Any, Any]]:
    """The keys of a range in order, each with its value; both as bytes, if `bytes`. What is written meanwhile is seen."""

# ---- Around the call ----

height: int
"""The block's height."""
time: int
"""The block's time: nanoseconds since 1970."""
chain_id: str
contract: str
"""The contract's own address."""
sender: str
"""Whose message it is; empty in `query` and `hook`."""
funds: list[tuple[str, int]]
"""Coins that came with the message, denomination and amount; they are the contract's already."""
transaction: tuple[int, bytes] | None
"""The transaction's place in its block, and its hash; None outside of one."""
points_left: int

def beacon(height: int) -> bytes | None:
    """The chain's random beacon at a height; None if it is not known yet or forgotten. Commit to a height before it is known."""
def fail(reason: str) -> NoReturn:
    """Ends the call with the contract's own error and undoes it. (What is raised and not caught does, too, with its lines.)"""
def debug(line: Any) -> None:
    """A line for the developer; `print` does the same."""

# ---- The rest of the chain. What fails is undone, and raises a CallError with the words of the failure. ----

class CallError(Exception): ...

def execute(contract: str, msg: Any, *, funds: str = "", points: int | None = None) -> Any:
    """Calls a contract. Funds are as in `5uankr,7utoken`, sorted by denomination. Points (a thousandth of a gas) are the
    most that the call may use; all that are left, if not named. Its answer as JSON; the bytes, if it is no JSON; None if
    it is empty."""
def ask(contract: str, question: Any) -> Any:
    """Asks a contract."""
def send(type_url: str, msg: Bytes, points: int | None = None) -> bytes:
    """Executes a module's message, in the name of the contract: its type URL, its protobuf bytes (see `encode`)."""
def query(path: str, request: Bytes) -> bytes:
    """Asks a module: path of the gRPC method, protobuf bytes."""
def encode(fields: dict[int, Any]) -> bytes:
    """A protobuf message from its fields by number: numbers as varints, text and bytes with their length, a list as a
    repeated field. In the order of the numbers."""
def event(type: str, attributes: dict[str, Any] = {}) -> None:
    """Emits an event; its attributes in the order of their keys."""

# ---- Hashes, signatures, addresses ----

def sha256(of: Bytes) -> bytes: ...
def keccak256(of: Bytes) -> bytes: ...
def blake2b(of: Bytes, length: int = 32) -> bytes: ...
def secp256k1_verify(hash: Bytes, signature: Bytes, key: Bytes) -> bool:
    """Hash of 32 bytes, signature of 64, key of 33 or 65."""
def secp256k1_recover(hash: Bytes, signature: Bytes, which: Literal[0, 1]) -> bytes | None:
    """One of two keys, 65 bytes; None if there is none."""
def secp256r1_verify(hash: Bytes, signature: Bytes, key: Bytes) -> bool: ...
def secp256r1_recover(hash: Bytes, signature: Bytes, which: Literal[0, 1]) -> bytes | None: ...
def ed25519_verify(message: Bytes, signature: Bytes, key: Bytes) -> bool: ...
def ed25519_batch_verify(list: list[tuple[Bytes, Bytes, Bytes]]) -> bool:
    """Whether all are valid: (message, signature, key)."""
def address_valid(address: str) -> bool:
    """Whether text is an address as the chain writes it."""
def address_bytes(address: str) -> bytes | None: ...
def address_text(bytes: Bytes) -> str | None: ...
