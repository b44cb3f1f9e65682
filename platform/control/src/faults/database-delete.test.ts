import { describeEveryPoint } from "../testing/every-point.ts";

describeEveryPoint("database.delete");
