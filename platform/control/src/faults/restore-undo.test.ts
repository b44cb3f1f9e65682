import { describeEveryPoint } from "../testing/every-point.ts";

describeEveryPoint("restore.undo");
