// A job as the contract keeps it.

import { JsonWriter, ProtoReader, ProtoWriter, Stored, Table, U64Item } from "slsbft/assembly";

export class Job implements Stored {
  requester: string = "";
  /** The most that is paid, held by the contract. */
  budget: u64 = 0;
  /** The least service level of a bidder, in parts per billion. */
  floor: u64 = 0;
  /** Held by the contract for the lowest bidder. */
  deposit: u64 = 0;
  /** Seconds since 1970. */
  biddingEnds: u64 = 0;
  deliveryEnds: u64 = 0;
  /** The lowest bidder so far; empty if there is none. */
  bidder: string = "";
  price: u64 = 0;

  write(to: ProtoWriter): void {
    to.text(1, this.requester).u64(2, this.budget).u64(3, this.floor).u64(4, this.deposit);
    to.u64(5, this.biddingEnds).u64(6, this.deliveryEnds).text(7, this.bidder).u64(8, this.price);
  }

  read(from: ProtoReader): void {
    switch (from.field) {
      case 1:
        this.requester = from.text();
        break;
      case 2:
        this.budget = from.u64();
        break;
      case 3:
        this.floor = from.u64();
        break;
      case 4:
        this.deposit = from.u64();
        break;
      case 5:
        this.biddingEnds = from.u64();
        break;
      case 6:
        this.deliveryEnds = from.u64();
        break;
      case 7:
        this.bidder = from.text();
        break;
      case 8:
        this.price = from.u64();
        break;
    }
  }

  json(id: u64, to: JsonWriter): void {
    to.object().key("job").u64(id).key("requester").text(this.requester).key("budget").amount(this.budget);
    to.key("floor").u64(this.floor).key("deposit").amount(this.deposit);
    to.key("bidding_ends").u64(this.biddingEnds).key("delivery_ends").u64(this.deliveryEnds);
    if (this.bidder.length > 0) to.key("bidder").text(this.bidder).key("price").amount(this.price);
    to.end();
  }
}

export const jobs = new Table<Job>("job");

/** The number of the last job. */
export const lastJob = new U64Item("last");
