import { describeCrashes } from "../testing/everyday-crashes.ts";

describeCrashes("backup.take");
