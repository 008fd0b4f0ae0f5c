// Formats variables and headers, comments and all, without the weight of a JavaScript parser.
import { applyEdits, format } from "jsonc-parser";

const LAYOUT = { tabSize: 2, insertSpaces: true, eol: "\n" };

export async function formatJSONC(content) {
  return applyEdits(content, format(content, undefined, LAYOUT));
}
