// A counter that anybody may raise.

/** A whole number that is exact. */
function whole(number) {
  if (!Number.isSafeInteger(number) || number < 0) slsbft.fail(`${number} is no whole number, or exceeds 2^53`);
  return number;
}

/** What it is set up with: {"count":40}. */
export function instantiate({ count }) {
  slsbft.set("count", whole(count));
}

/** What it can be told: {"add":{"by":2}}. */
export function execute({ add }) {
  if (slsbft.funds.length) slsbft.fail("this contract takes no coins");
  if (!add) slsbft.fail('say {"add":{"by":2}}');
  const count = whole(slsbft.get("count") + whole(add.by));
  slsbft.set("count", count);
  slsbft.event("counted", { by: add.by, sender: slsbft.sender });
  return { count };
}

/** What it can be asked: {"count":{}}. */
export function query({ count }) {
  if (!count) slsbft.fail('ask {"count":{}}');
  return { count: slsbft.get("count") };
}
