import { describeCrashes } from "../testing/everyday-crashes.ts";

describeCrashes("customer.create");
