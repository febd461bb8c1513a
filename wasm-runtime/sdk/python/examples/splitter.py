"""Splits what it is paid among several by their shares; what does not divide waits for the next payment.

  instantiate {"shares":{"ankr1…":3,"ankr1…":2}}
  execute     {"split":{}}                        with coins
  query       {"splitter":{}}
"""
import slsbft

DENOM = "uankr"


def instantiate(msg):
    shares = msg["shares"]
    for address, share in shares.items():
        if not slsbft.address_valid(address):
            slsbft.fail(f"{address} is no address")
        if type(share) is not int or share < 1:
            slsbft.fail("shares are whole numbers from 1 on")
    if not shares:
        slsbft.fail("nobody has a share")
    slsbft.set("shares", shares)


def pay(to, amount):
    coin = slsbft.encode({1: DENOM, 2: str(amount)})
    slsbft.send("/cosmos.bank.v1beta1.MsgSend", slsbft.encode({1: slsbft.contract, 2: to, 3: coin}))


def execute(msg):
    if "split" not in msg:
        slsbft.fail('say {"split":{}}')
    if [denom for denom, _ in slsbft.funds] != [DENOM]:
        slsbft.fail(f"send {DENOM}, and nothing else")
    (_, paid), = slsbft.funds
    whole = slsbft.get("rest", 0) + paid
    shares = slsbft.get("shares")
    each = whole // sum(shares.values())
    # A dict has an order of its own, which is the same on every node; sorted, people know it too.
    for address in sorted(shares):
        if each:
            pay(address, each * shares[address])
    rest = whole - each * sum(shares.values())
    slsbft.set("rest", rest)
    slsbft.event("split", {"each": each, "rest": rest})
    return {"each": each, "rest": rest}


def query(msg):
    if "splitter" not in msg:
        slsbft.fail('ask {"splitter":{}}')
    return {"shares": slsbft.get("shares"), "rest": slsbft.get("rest", 0)}
