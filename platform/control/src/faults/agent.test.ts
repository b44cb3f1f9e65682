import { describeAgentFaults } from "../testing/agent-faults.ts";

describeAgentFaults();
