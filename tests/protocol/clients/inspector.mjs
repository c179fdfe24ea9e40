// Runs the command line of the MCP Inspector with each list of arguments that arrives as a line of JSON, and writes
// its exit code and output as one. Loading the Inspector takes longer than what it does.
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const { runCli, handleError } = await import(pathToFileURL(process.argv[2]).href);
const reply = process.stdout.write.bind(process.stdout);

class Exit {
  constructor(code) {
    this.code = code;
  }
}
process.exit = (code) => {
  throw new Exit(code);
};

function collect(stream) {
  const parts = [];
  stream.write = (part, ...rest) => {
    parts.push(String(part));
    rest.findLast((each) => typeof each === "function")?.();
    return true;
  };
  return parts;
}

async function run(args) {
  try {
    await runCli(["node", "inspector", ...args]);
    return 0;
  } catch (error) {
    try {
      await handleError(error);
    } catch (exit) {
      if (exit instanceof Exit) return exit.code;
      throw exit;
    }
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const [output, errors] = [collect(process.stdout), collect(process.stderr)];
  const code = await run(JSON.parse(line));
  reply(`${JSON.stringify({ code, output: output.join(""), errors: errors.join("") })}\n`);
}
