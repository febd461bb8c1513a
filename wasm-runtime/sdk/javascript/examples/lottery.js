/// <reference path="../../templates/javascript/slsbft.d.ts" />
// A lottery on the chain's random beacon. Tickets are sold up to a height; the beacon of a later one, which nobody
// knows while they are sold, draws one of them, and its buyer gets all that was paid.
//
//   instantiate {"price":"1000000","closes":1200}   the last block that sells is 1199; the beacon of 1210 draws
//   execute     {"buy":{}}                          with the price of one ticket or of several
//   execute     {"draw":{}}                         by anybody, once block 1210 is there
//   execute     {"refund":{"purchase":0}}           by anybody, if nobody drew before the beacon was forgotten
//   query       {"lottery":{}}, {"purchase":{"number":0}}

const DENOM = "uankr";
/** Blocks between the last sale and the beacon that draws. */
const APART = 10;

/** Purchases are numbered; keys sort as their numbers do. */
const purchase = (number) => "purchase/" + String(number).padStart(10, "0");

/** Text of digits only: BigInt alone takes much more for a number. */
function amount(text) {
  if (typeof text !== "string" || !/^[1-9][0-9]{0,30}$/.test(text)) slsbft.fail('amounts are text: "1000000"');
  return BigInt(text);
}

/** The lottery as it is kept, with its numbers as BigInts. */
function load() {
  const lottery = slsbft.get("lottery");
  return { ...lottery, price: BigInt(lottery.price), tickets: BigInt(lottery.tickets) };
}

function pay(to, sum) {
  const coin = slsbft.encode({ 1: DENOM, 2: String(sum) });
  slsbft.send("/cosmos.bank.v1beta1.MsgSend", slsbft.encode({ 1: slsbft.contract, 2: to, 3: coin }));
}

export function instantiate({ price, closes }) {
  if (slsbft.funds.length) slsbft.fail("a lottery begins empty");
  if (!Number.isSafeInteger(closes) || closes <= slsbft.height) slsbft.fail("`closes` is a height to come");
  slsbft.set("lottery", { price: amount(price), closes, draws: closes + APART, tickets: 0n, purchases: 0 });
}

function buy(lottery) {
  if (slsbft.height >= lottery.closes) slsbft.fail(`sales ended at height ${lottery.closes}`);
  const [coin, ...more] = slsbft.funds;
  if (!coin || more.length || coin.denom !== DENOM || coin.amount % lottery.price) {
    slsbft.fail(`send ${lottery.price}${DENOM} for each ticket, and nothing else`);
  }
  const tickets = coin.amount / lottery.price;
  const number = lottery.purchases++;
  slsbft.set(purchase(number), { buyer: slsbft.sender, first: lottery.tickets, tickets });
  lottery.tickets += tickets;
  slsbft.set("lottery", lottery);
  slsbft.event("bought", { buyer: slsbft.sender, tickets, purchase: number });
  return { purchase: number, tickets };
}

/** The beacon that draws; undefined if the chain has forgotten it. */
function beacon(lottery) {
  if (slsbft.height < lottery.draws) slsbft.fail(`wait for height ${lottery.draws}`);
  return slsbft.beacon(lottery.draws);
}

/** Who bought a ticket: the last purchase that does not begin behind it. */
function buyer(lottery, ticket) {
  let low = 0;
  let high = lottery.purchases;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (BigInt(slsbft.get(purchase(middle)).first) <= ticket) low = middle;
    else high = middle;
  }
  return slsbft.get(purchase(low)).buyer;
}

function draw(lottery) {
  if (lottery.winner) slsbft.fail(`${lottery.winner} has won already`);
  if (!lottery.tickets) slsbft.fail("nobody bought a ticket");
  const random = beacon(lottery);
  if (!random) slsbft.fail("the beacon is forgotten: let each purchase be refunded");
  // The beacon is the same for all lotteries of that height; the address tells them apart. Of 256 bits, the rest by
  // fewer than 2^103 tickets favours none by more than one in 2^153.
  const bits = slsbft.sha256(random.toHex() + slsbft.contract);
  const ticket = BigInt("0x" + bits.toHex()) % lottery.tickets;
  lottery.winner = buyer(lottery, ticket);
  slsbft.set("lottery", lottery);
  const prize = lottery.tickets * lottery.price;
  pay(lottery.winner, prize);
  slsbft.event("drawn", { winner: lottery.winner, ticket, prize });
  return { winner: lottery.winner, ticket, prize };
}

function refund(lottery, { purchase: number }) {
  if (lottery.winner) slsbft.fail(`${lottery.winner} has won`);
  if (beacon(lottery)) slsbft.fail("the beacon is there: draw");
  const bought = Number.isSafeInteger(number) ? slsbft.get(purchase(number)) : undefined;
  if (!bought) slsbft.fail("no such purchase, or refunded already");
  slsbft.remove(purchase(number));
  const sum = BigInt(bought.tickets) * lottery.price;
  pay(bought.buyer, sum);
  slsbft.event("refunded", { buyer: bought.buyer, purchase: number, amount: sum });
  return { buyer: bought.buyer, amount: sum };
}

export function execute(msg) {
  const lottery = load();
  if (msg.buy) return buy(lottery);
  if (slsbft.funds.length) slsbft.fail("funds are for buying");
  if (msg.draw) return draw(lottery);
  if (msg.refund) return refund(lottery, msg.refund);
  slsbft.fail('say {"buy":{}}, {"draw":{}}, or {"refund":{"purchase":0}}');
}

export function query(msg) {
  if (msg.lottery) return load();
  if (msg.purchase) return slsbft.get(purchase(msg.purchase.number)) ?? null;
  slsbft.fail('ask {"lottery":{}} or {"purchase":{"number":0}}');
}
