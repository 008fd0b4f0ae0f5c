// Holds an AsyncAPI document against the official parser: prints what it says, as JSON. Arguments: where the parser is installed, and the document.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const [installed, document] = process.argv.slice(2);
const { Parser } = createRequire(join(resolve(installed), "package.json"))("@asyncapi/parser");
const { document: parsed, diagnostics } = await new Parser().parse(readFileSync(document, "utf8"), { source: document });
process.stdout.write(JSON.stringify({ channels: parsed?.channels().all().length ?? 0, diagnostics }));
