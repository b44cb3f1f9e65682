import { describeEveryPoint } from "../testing/every-point.ts";

describeEveryPoint("customer.create");
