import { describeEveryPoint } from "../testing/every-point.ts";

describeEveryPoint("backup.retire");
