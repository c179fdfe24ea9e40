// Reads a JSON array of texts and writes a JSON array with the tokens of each, as o200k_base cuts them.
// The argument is the node_modules directory in which js-tiktoken is.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.argv[2], "here.js"));
const { Tiktoken } = require("js-tiktoken/lite");
const encoding = new Tiktoken(require("js-tiktoken/ranks/o200k_base"));

const texts = JSON.parse(readFileSync(0, "utf8"));
// What looks like a special token is text here: nobody may smuggle one in.
const counts = texts.map((text) => encoding.encode(text, [], []).length);
process.stdout.write(JSON.stringify(counts));
