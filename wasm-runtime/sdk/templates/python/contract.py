"""A counter that anybody may raise."""
import slsbft


def whole(number):
    """A whole number, not below zero."""
    if type(number) is not int or number < 0:
        slsbft.fail(f"{number} is no whole number")
    return number


def instantiate(msg):
    """What it is set up with: {"count":40}."""
    slsbft.set("count", whole(msg["count"]))


def execute(msg):
    """What it can be told: {"add":{"by":2}}."""
    if slsbft.funds:
        slsbft.fail("this contract takes no coins")
    if "add" not in msg:
        slsbft.fail('say {"add":{"by":2}}')
    by = whole(msg["add"]["by"])
    count = slsbft.get("count") + by
    slsbft.set("count", count)
    slsbft.event("counted", {"by": by, "sender": slsbft.sender})
    return {"count": count}


def query(msg):
    """What it can be asked: {"count":{}}."""
    if "count" not in msg:
        slsbft.fail('ask {"count":{}}')
    return {"count": slsbft.get("count")}
