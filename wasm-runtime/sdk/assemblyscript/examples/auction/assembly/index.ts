// A reverse auction for jobs among providers whose service level is good enough. All amounts are uankr.
//
//   {"open":{"floor":900000000,"deposit":"50","bidding":3600,"delivery":86400}}
//       The coins sent are the budget: the most that the requester pays. `floor` is the least service level, in parts
//       per billion. Bids are taken for `bidding` seconds; after them there are `delivery` seconds to do the job.
//       Answers {"job":1}.
//   {"bid":{"job":1,"price":"700"}}
//       From a registered provider that is not paused and whose level is at least the floor, at the time of the bid.
//       The price is at most the budget, and lower than all bids before. Exactly the deposit is sent with it; the
//       deposit of the bid before goes back at once.
//   {"confirm":{"job":1}}
//       From the requester, after the bidding: the lowest bidder gets its price and its deposit, the requester the
//       rest of the budget.
//   {"settle":{"job":1}}
//       From anybody: after a bidding without bids, or when the time for delivery is over and nothing was confirmed.
//       The requester gets the budget back, the bidder its deposit.
//
// The contract holds, of each job that is not over, the budget and the deposit of the lowest bid; both leave it whole.
// A deposit is nobody's but its bidder's: who could keep it could open jobs only to collect deposits. It bounds how
// many jobs a provider can win at a time.
//
//   query  {"job":{"job":1}}              a job, null if it is over
//   query  {"jobs":{"start":1,"limit":10}}  at most 100 jobs from a number on

import { Coin, Event, Json, JsonWriter, bank, context, ensure, fail, message, output, service } from "slsbft/assembly";
import { Job, jobs, lastJob } from "./job";

export { slsbft_abi_1 } from "slsbft/assembly";

const DENOM = "uankr";
/** A year, in seconds: the longest bidding and delivery. */
const LONGEST: u64 = 31_536_000;

export function instantiate(): void {
  context.nothingPaid();
  Json.parse(message()).allow([]);
}

export function execute(): void {
  const msg = Json.parse(message()).only();
  if (msg.name == "open") open(msg);
  else if (msg.name == "bid") bid(msg);
  else if (msg.name == "confirm") confirm(msg);
  else if (msg.name == "settle") settle(msg);
  else fail("no message `" + msg.name + "`; there are open, bid, confirm, settle");
}

export function query(): void {
  const msg = Json.parse(message()).only();
  const answer = new JsonWriter();
  if (msg.name == "job") {
    const id = msg.allow(["job"]).get("job").u64();
    const job = jobs.get(id);
    if (job) job.json(id, answer);
    else answer.nil();
  } else if (msg.name == "jobs") {
    msg.allow(["start", "limit"]);
    const limit = <i32>min<u64>(msg.get("limit").u64(), 100);
    answer.array();
    const found = jobs.list(msg.get("start").u64(), limit);
    for (let i = 0; i < found.length; i++) found[i].value.json(found[i].id, answer);
    answer.end();
  } else fail("no question `" + msg.name + "`; there are job, jobs");
  output(answer.finish());
}

function open(msg: Json): void {
  msg.allow(["floor", "deposit", "bidding", "delivery"]);
  const job = new Job();
  job.requester = context.sender();
  job.budget = context.paid(DENOM);
  ensure(job.budget > 0, "send the budget with the message");
  job.floor = msg.get("floor").u64();
  if (job.floor > service.FULL_LEVEL) fail("the floor is at most " + service.FULL_LEVEL.toString());
  job.deposit = msg.get("deposit").amount();
  // Price and deposit are paid as one amount.
  ensure(job.deposit <= u64.MAX_VALUE - job.budget, "the deposit is too large");
  job.biddingEnds = context.seconds() + duration(msg.get("bidding"));
  job.deliveryEnds = job.biddingEnds + duration(msg.get("delivery"));
  const id = lastJob.get() + 1;
  lastJob.set(id);
  jobs.set(id, job);
  event("opened", id).add("requester", job.requester).add("budget", job.budget.toString()).emit();
  output(new JsonWriter().object().key("job").u64(id).end().finish());
}

function bid(msg: Json): void {
  const id = msg.allow(["job", "price"]).get("job").u64();
  const price = msg.get("price").amount();
  const job = running(id);
  const bidder = context.sender();
  ensure(context.seconds() < job.biddingEnds, "the bidding is over");
  if (price == 0 || price > job.budget) fail("a price is from 1 to the budget of " + job.budget.toString());
  if (job.bidder.length > 0 && price >= job.price) fail("there is a bid of " + job.price.toString() + " already");
  if (context.paid(DENOM) != job.deposit) fail("send the deposit of " + job.deposit.toString() + DENOM);
  ensureLevel(bidder, job.floor);
  if (job.bidder.length > 0) pay(job.bidder, job.deposit);
  job.bidder = bidder;
  job.price = price;
  jobs.set(id, job);
  event("bid", id).add("bidder", bidder).add("price", price.toString()).emit();
}

function confirm(msg: Json): void {
  context.nothingPaid();
  const id = msg.allow(["job"]).get("job").u64();
  const job = running(id);
  ensure(context.sender() == job.requester, "only the requester confirms");
  ensure(context.seconds() >= job.biddingEnds, "the bidding is not over");
  ensure(job.bidder.length > 0, "nobody bid; settle the job");
  jobs.remove(id);
  pay(job.bidder, job.price + job.deposit);
  pay(job.requester, job.budget - job.price);
  event("confirmed", id).add("bidder", job.bidder).add("price", job.price.toString()).emit();
}

function settle(msg: Json): void {
  context.nothingPaid();
  const id = msg.allow(["job"]).get("job").u64();
  const job = running(id);
  const free = job.bidder.length > 0 ? job.deliveryEnds : job.biddingEnds;
  if (context.seconds() < free) fail("the job can be settled from second " + free.toString() + " on");
  jobs.remove(id);
  pay(job.requester, job.budget);
  if (job.bidder.length > 0) pay(job.bidder, job.deposit);
  event("settled", id).emit();
}

function running(id: u64): Job {
  const job = jobs.get(id);
  if (job === null) fail("no job " + id.toString() + " is running");
  return job!;
}

function duration(seconds: Json): u64 {
  const value = seconds.u64();
  if (value == 0 || value > LONGEST) fail(seconds.place + " must be 1 to " + LONGEST.toString() + " seconds");
  return value;
}

function ensureLevel(bidder: string, floor: u64): void {
  const level = service.provider(bidder);
  if (level === null) fail(bidder + " is no registered provider");
  if (level!.paused) fail(bidder + " is paused: its service failed lately");
  if (level!.level >= floor) return;
  fail("the service level of " + bidder + " is " + level!.level.toString() + ", below the floor of " + floor.toString());
}

function pay(to: string, amount: u64): void {
  if (amount > 0) bank.send(to, new Coin(DENOM, amount)).orFail("paying " + to);
}

function event(type: string, id: u64): Event {
  return new Event(type).add("job", id.toString());
}
