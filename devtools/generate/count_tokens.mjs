// Reads a JSON array of texts from standard input and writes a JSON array of their token counts (o200k_base).
// The argument is the node_modules directory that holds js-tiktoken.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.argv[2], "here.js"));
const { Tiktoken } = require("js-tiktoken/lite");
const encoding = new Tiktoken(require("js-tiktoken/ranks/o200k_base"));

const texts = JSON.parse(readFileSync(0, "utf8"));
// Text that looks like a special token counts as ordinary text.
const counts = texts.map((text) => encoding.encode(text, [], []).length);
process.stdout.write(JSON.stringify(counts));
